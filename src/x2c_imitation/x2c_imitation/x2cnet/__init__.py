# SPDX-License-Identifier: Apache-2.0
"""The backend x2cnet: motion transfer to an image of the robot, then a mapping network."""
