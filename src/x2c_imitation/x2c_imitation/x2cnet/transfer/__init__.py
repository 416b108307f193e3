# SPDX-License-Identifier: Apache-2.0
"""Motion transfer: a picture of the neutral robot takes on the expression of a person."""

from x2c_imitation.x2cnet.transfer.image_retargeter import ImageRetargeter
from x2c_imitation.x2cnet.transfer.robot_image import read_neutral, read_robot_image
from x2c_imitation.x2cnet.transfer.warp import WarpTransfer

__all__ = ["ImageRetargeter", "WarpTransfer", "read_neutral", "read_robot_image"]
