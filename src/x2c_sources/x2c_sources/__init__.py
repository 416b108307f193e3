# SPDX-License-Identifier: Apache-2.0
"""Sources of expressions beside imitation: puppeteers, idle life and speech."""
