# SPDX-License-Identifier: Apache-2.0
"""Motion transfer: a picture of the neutral robot takes on the expression of a person."""

from x2c_imitation.x2cnet.transfer.image_retargeter import PictureRetargeter
from x2c_imitation.x2cnet.transfer.robot_image import read_neutral, read_picture
from x2c_imitation.x2cnet.transfer.warp import WarpTransfer

__all__ = ["PictureRetargeter", "WarpTransfer", "read_neutral", "read_picture"]
