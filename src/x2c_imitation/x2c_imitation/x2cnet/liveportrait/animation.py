# SPDX-License-Identifier: Apache-2.0
"""Motion of a portrait that follows a person: relative or absolute, whole or a region only."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from x2c_core.arrays import Array
from x2c_imitation.x2cnet.liveportrait.keypoints import FaceMotion
from x2c_imitation.x2cnet.liveportrait.networks.motion import KEYPOINTS
from x2c_imitation.x2cnet.liveportrait.options import MotionRegion

EYES = (11, 13, 15, 16, 18)
"""Keypoints that move with lids and gaze."""

LIPS = (6, 12, 14, 17, 19, 20)
"""Keypoints that move with the lips."""

_WHOLE = (1, 2, *LIPS, *EYES)
_AXES = {3: (1,), 4: (1,), 5: (2,), 8: (2,), 9: (1, 2)}
"""Coordinates of other keypoints that expressions move; the rest is the shape of a face."""


def driven(
    source: FaceMotion,
    driving: FaceMotion,
    reference: FaceMotion | None = None,
    region: MotionRegion = MotionRegion.ALL,
) -> FaceMotion:
    """Return the motion of a portrait that follows a person.

    Place and size of the face in the image stay those of the portrait.

    Args:
        source: Motion of the portrait.
        driving: Motion of the person.
        reference: Motion of the person at rest, for relative motion; None for absolute motion,
            which takes the person's expression and head pose as they are.
        region: Parts of the motion that are taken on.
    """
    rotation, expression = source.rotation, source.expression
    if region in (MotionRegion.ALL, MotionRegion.POSE):
        rotation = driving.rotation
        if reference is not None:
            rotation = driving.rotation @ reference.rotation.mT @ source.rotation
    if region is not MotionRegion.POSE:
        if reference is not None:
            wanted = source.expression + driving.expression - reference.expression
            share = _share(region, relative=True)
        else:
            wanted = driving.expression
            share = _share(region, relative=False)
        share = share.to(expression)
        expression = torch.lerp(expression, wanted, share)
    return replace(source, rotation=rotation, expression=expression)


def at_rest(motion: FaceMotion, source: FaceMotion, keypoints: tuple[int, ...]) -> FaceMotion:
    """Return a motion in which the expression of some keypoints is that of the portrait."""
    expression = motion.expression.clone()
    expression[:, keypoints] = source.expression[:, keypoints]
    return replace(motion, expression=expression)


def with_motion(motion: FaceMotion, expression: Array, rotation: Array) -> FaceMotion:
    """Return a motion with another expression (21, 3) and rotation (3, 3) of the head."""
    like = motion.expression
    return replace(
        motion,
        expression=torch.from_numpy(expression)[None].to(like),
        rotation=torch.from_numpy(rotation)[None].to(like),
    )


def _share(region: MotionRegion, *, relative: bool) -> Tensor:
    """Return which coordinates of the expression (21, 3) follow the person: 0 or 1."""
    share = torch.zeros(KEYPOINTS, 3)
    if region is MotionRegion.LIPS:
        share[LIPS, :] = 1.0
    elif region is MotionRegion.EYES:
        share[EYES, :] = 1.0
    elif relative:
        share[:] = 1.0
    else:
        share[_WHOLE, :] = 1.0
        for keypoint, axes in _AXES.items():
            share[keypoint, list(axes)] = 1.0
    return share
