# SPDX-License-Identifier: Apache-2.0
"""The mapping network: from a picture of a robot's face to the control values that made it."""
