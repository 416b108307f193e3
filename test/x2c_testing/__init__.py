# SPDX-License-Identifier: Apache-2.0
"""Fixtures and limits shared by the tests of all packages, as pytest plugins."""
