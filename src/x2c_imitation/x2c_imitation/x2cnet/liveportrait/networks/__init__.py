# SPDX-License-Identifier: Apache-2.0
"""LivePortrait's networks; parameters have the names and shapes of the published ones."""
