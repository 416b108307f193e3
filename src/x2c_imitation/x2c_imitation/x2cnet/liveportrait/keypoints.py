# SPDX-License-Identifier: Apache-2.0
"""Motion of a face as the motion extractor sees it, and the keypoints that follow from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from x2c_imitation.x2cnet.liveportrait.networks.motion import BINS, KEYPOINTS

_BIN = 3.0
_FIRST_BIN = -97.5
"""Width of an interval of an angle, and the first one's place [degree]."""


@dataclass(frozen=True)
class FaceMotion:
    """Motion of faces: keypoints = scale * (canonical @ rotation + expression) + translation.

    Attributes:
        canonical: (n, 21, 3) keypoints of the faces at rest, from the front.
        expression: (n, 21, 3) displacement by the expression.
        rotation: (n, 3, 3) of the head.
        scale: (n, 1) size of the face.
        translation: (n, 3) place in the image; the third number is not used.
    """

    canonical: Tensor
    expression: Tensor
    rotation: Tensor
    scale: Tensor
    translation: Tensor

    @classmethod
    def of_outputs(cls, outputs: Mapping[str, Tensor]) -> FaceMotion:
        """Return the motion that the motion extractor's outputs stand for.

        Args:
            outputs: (n, count) by name, as `MotionExtractor` gives them.
        """
        numbers = {name: value.float() for name, value in outputs.items()}
        angles = [degrees(numbers[name]) for name in ("pitch", "yaw", "roll")]
        return cls(
            numbers["kp"].reshape(-1, KEYPOINTS, 3),
            numbers["exp"].reshape(-1, KEYPOINTS, 3),
            rotation_of(*angles),
            numbers["scale"],
            numbers["t"],
        )

    @property
    def keypoints(self) -> Tensor:
        """Keypoints (n, 21, 3) in the image: x and y from -1 to 1, and depth."""
        turned = self.canonical @ self.rotation + self.expression
        moved = self.scale[..., None] * turned
        flat = torch.cat([self.translation[:, :2], torch.zeros_like(self.scale)], dim=1)
        return moved + flat[:, None]


def degrees(logits: Tensor) -> Tensor:
    """Return angles (n,) [degree] of what the network says of each interval (n, 66)."""
    places = torch.arange(BINS, device=logits.device, dtype=logits.dtype)
    return _BIN * (logits.softmax(dim=1) @ places) + _FIRST_BIN


def rotation_of(pitch: Tensor, yaw: Tensor, roll: Tensor) -> Tensor:
    """Return the rotations (n, 3, 3) that turn row vectors by angles (n,) [degree]."""
    x, y, z = (_about(axis, torch.deg2rad(angle)) for axis, angle in enumerate((pitch, yaw, roll)))
    return (z @ y @ x).mT


def _about(axis: int, angle: Tensor) -> Tensor:
    """Return the rotations (n, 3, 3) about one axis by angles (n,) [rad]."""
    rotation = torch.eye(3, device=angle.device, dtype=angle.dtype).repeat(len(angle), 1, 1)
    first, second = (axis + 1) % 3, (axis + 2) % 3
    rotation[:, first, first] = rotation[:, second, second] = angle.cos()
    rotation[:, second, first] = angle.sin()
    rotation[:, first, second] = -angle.sin()
    return rotation
