# SPDX-License-Identifier: Apache-2.0
"""Change images at random: position, size and colours.

Brightness, contrast, saturation and hue are each linear in a pixel's colour, so all four and the
network's normalisation make one 3x3 matrix and one offset for each image: a single pass over
its pixels, on a GPU over those of the whole batch. The hue turns about the grey axis (in YIQ), and
colours brighter than white are not cut off, which is where this differs from jitter on images of
8 bits.
"""

from __future__ import annotations

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from x2c_core.arrays import Array, ImageBatch
from x2c_imitation.x2cnet.landmark_motion import MOTION_UNITS, Motions
from x2c_imitation.x2cnet.network.config import ColorOrder, NetworkConfig
from x2c_training.device import sent
from x2c_training.settings import AugmentationSettings

_GREY: Array = np.array([0.299, 0.587, 0.114])
_TO_YIQ: Array = np.array(
    [_GREY, [0.595716, -0.274453, -0.321263], [0.211456, -0.522591, 0.311135]]
)
_FROM_YIQ: Array = np.linalg.inv(_TO_YIQ)


def move(
    images: ImageBatch, settings: AugmentationSettings, generator: np.random.Generator
) -> ImageBatch:
    """Return images (n, size, size, 3) shifted and scaled about their middle."""
    count, size = images.shape[:2]
    factors = 1.0 + generator.uniform(-settings.scale, settings.scale, count)
    shifts = size * generator.uniform(-settings.shift, settings.shift, (count, 2))
    if settings.scale == 0.0 and settings.shift == 0.0:
        return images
    middle = (size - 1) / 2.0
    moved = np.empty_like(images)
    for image, factor, (right, down), out in zip(images, factors, shifts, moved, strict=True):
        matrix = np.array(
            [
                [factor, 0.0, middle * (1.0 - factor) + right],
                [0.0, factor, middle * (1.0 - factor) + down],
            ]
        )
        cv2.warpAffine(
            *(image, matrix, (size, size), out),
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
    return moved


def color_change(
    images: ImageBatch, settings: AugmentationSettings, generator: np.random.Generator
) -> tuple[Array, Array]:
    """Return random changes of colour: out = matrix @ colour + offset, colours from 0 to 1.

    Args:
        images: (n, size, size, 3); contrast turns about the mean grey of each.
        settings: Limits of the random changes.
        generator: Random number generator.

    Returns:
        (n, 3, 3) matrices and (n, 3) offsets.
    """
    count = len(images)

    def factors(reach: float) -> Array:
        return 1.0 + generator.uniform(-reach, reach, (count, 1, 1))

    bright, contrast = factors(settings.brightness), factors(settings.contrast)
    saturation = factors(settings.saturation)
    angles = 2.0 * np.pi * generator.uniform(-settings.hue, settings.hue, count)
    turn = np.zeros((count, 3, 3))
    turn[:, 0, 0] = 1.0
    turn[:, 1, 1] = turn[:, 2, 2] = np.cos(angles)
    turn[:, 2, 1] = np.sin(angles)
    turn[:, 1, 2] = -turn[:, 2, 1]
    faded = saturation * np.eye(3) + (1.0 - saturation) * _GREY
    # A sparse grid tells the mean as well as all pixels do.
    grey = images[:, ::8, ::8].mean(axis=(1, 2)) @ _GREY / 255.0
    matrices = (bright * contrast) * (_FROM_YIQ @ turn @ _TO_YIQ @ faded)
    offset = (1.0 - contrast[:, 0, 0]) * bright[:, 0, 0] * grey
    # Fading and turning the hue leave grey as it is.
    return matrices, np.repeat(offset[:, None], 3, axis=1)


def change_motion(
    motion: Motions, settings: AugmentationSettings, generator: np.random.Generator
) -> Motions:
    """Return motions (n, MOTION_COUNT) that differ as those of other people and trackers do."""
    factors = 1.0 + settings.motion_gain * generator.standard_normal(motion.shape)
    noise = settings.motion_noise * generator.standard_normal(motion.shape)
    return np.asarray(factors * motion + noise * MOTION_UNITS, dtype=np.float32)


class NetworkInput:
    """Turn images into a network's input, their colours changed on the way.

    Args:
        config: Configuration of the network.
        device: Device of the input.
    """

    def __init__(self, config: NetworkConfig, device: torch.device) -> None:
        order = [2, 1, 0] if config.color_order is ColorOrder.BGR else [0, 1, 2]
        self._order = np.eye(3)[order]
        self._mean, self._std = np.array(config.mean), np.array(config.std)
        self._device = device

    def make(self, images: ImageBatch, change: tuple[Array, Array] | None = None) -> Tensor:
        """Return the input (n, 3, size, size) float32, channels last in memory.

        Args:
            images: (n, size, size, 3) RGB.
            change: Change of the colours, from `color_change`.
        """
        shape = images.shape
        matrices, offsets = change or (np.eye(3)[None], np.zeros((1, 3)))
        matrices = (self._order @ matrices) / self._std[:, None] / 255.0
        offsets = (offsets @ self._order.T - self._mean) / self._std
        # Each colour and a 1 times this is the colour changed.
        changes = np.concatenate([matrices, offsets[..., None]], axis=2).astype(np.float32)
        changes = np.broadcast_to(changes, (len(images), 3, 4))
        if self._device.type == "cuda":
            made = _changed_there(images, changes, self._device)
        else:
            made = torch.from_numpy(_changed_here(images, changes))
        return made.reshape(shape).permute(0, 3, 1, 2)


def _changed_here(images: ImageBatch, changes: NDArray[np.float32]) -> NDArray[np.float32]:
    made = np.empty(images.shape, np.float32)
    for image, change, out in zip(images, changes, made, strict=True):
        cv2.transform(image.astype(np.float32), change, out)
    return made


def _changed_there(
    images: ImageBatch, changes: NDArray[np.float32], device: torch.device
) -> Tensor:
    # As bytes: a quarter of the traffic of float32.
    given = sent(torch.from_numpy(images), device)
    turned = sent(torch.from_numpy(changes.transpose(0, 2, 1).copy()), device)
    flat = given.reshape(len(images), -1, 3).to(torch.float32)
    return torch.baddbmm(turned[:, 3:], flat, turned[:, :3])
