# SPDX-License-Identifier: Apache-2.0
"""Idle life: blinks, small eye movements and breathing."""
