# SPDX-License-Identifier: Apache-2.0
"""The `x2c` command."""
