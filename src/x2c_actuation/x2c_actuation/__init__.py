# SPDX-License-Identifier: Apache-2.0
"""From control values to safe joint commands."""
