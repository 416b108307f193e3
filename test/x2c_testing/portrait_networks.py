# SPDX-License-Identifier: Apache-2.0
"""Stand-in for LivePortrait's networks, which take seconds for an image; needs torch."""

from __future__ import annotations

import numpy as np
import torch

from x2c_imitation.x2cnet.liveportrait.keypoints import FaceMotion, rotation_of
from x2c_imitation.x2cnet.liveportrait.portrait import Portrait


class FakeNetworks:
    """Motion read off an image's mean, and keypoints shown as one colour.

    Args:
        colour: RGB of each image; that which the keypoints say where it is None.
    """

    def __init__(self, colour=(10, 20, 30)):
        self._colour = colour

    def motion(self, image):
        red, green, blue = (torch.tensor([float(v)]) for v in image.mean(axis=(0, 1)) / 255.0)
        expression = red[:, None, None] * torch.ones(1, 21, 3)
        rotation = rotation_of(torch.zeros(1), 90.0 * (green - 0.5), torch.zeros(1))
        canonical = torch.arange(63.0).reshape(1, 21, 3) / 63.0
        return FaceMotion(canonical, expression, rotation, 1.0 + blue[:, None], torch.ones(1, 3))

    def portrait(self, image):
        self.source = image
        return Portrait(torch.zeros(1), self.motion(image))

    def stitched(self, source, driving):
        self.driving = driving
        return driving

    def eye_shift(self, source, ratios, wanted):
        self.eyes = ratios, wanted
        return torch.zeros(1, 21, 3)

    def lip_shift(self, source, ratio, wanted):
        self.lips = ratio, wanted
        return torch.zeros(1, 21, 3)

    def render(self, portrait, keypoints):
        self.keypoints = keypoints
        colour = self._colour
        if colour is None:
            away = (keypoints - portrait.motion.keypoints).abs().mean(dim=(0, 1))
            colour = (255.0 * away).clamp(0.0, 255.0).numpy()
        return np.full((512, 512, 3), colour, np.uint8)
