# SPDX-License-Identifier: Apache-2.0
"""Questions to a user at a terminal."""
