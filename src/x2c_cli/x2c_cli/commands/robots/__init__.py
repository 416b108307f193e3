# SPDX-License-Identifier: Apache-2.0
"""Commands for robots, their motors and their faces."""
