# SPDX-License-Identifier: Apache-2.0
"""Serial lines, frames and replies of servo buses."""
