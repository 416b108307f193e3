# SPDX-License-Identifier: Apache-2.0
"""Imitators: from a tracked face to the 30 control values of a robot."""
