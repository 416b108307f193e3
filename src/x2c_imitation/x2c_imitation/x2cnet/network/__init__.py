# SPDX-License-Identifier: Apache-2.0
"""The mapping network: from an image of a robot's face to the control values that made it."""
