# SPDX-License-Identifier: Apache-2.0
"""Movements of head and brows that go with the prosody of speech."""
