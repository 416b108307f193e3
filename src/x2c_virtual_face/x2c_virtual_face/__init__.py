# SPDX-License-Identifier: Apache-2.0
"""The virtual humanoid, simulated and rendered by MuJoCo."""
