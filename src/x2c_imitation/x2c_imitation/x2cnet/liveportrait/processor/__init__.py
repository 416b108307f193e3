# SPDX-License-Identifier: Apache-2.0
"""LivePortrait's networks for processors: the same outputs with fewer multiplications."""
