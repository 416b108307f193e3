# SPDX-License-Identifier: Apache-2.0
"""Sequences in which faces are hard to track, made of images in which they are not."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Images = Sequence[Image]

_PERIOD = 24
"""Images in which a disturbance comes and goes."""


def occluded(images: Images) -> list[Image]:
    """Return the images with a grey bar that passes from the left to the right."""
    result = []
    for number, image in enumerate(images):
        height, width = image.shape[:2]
        left = int((number % (2 * _PERIOD)) / (2 * _PERIOD) * 1.4 * width - 0.4 * width)
        covered = image.copy()
        covered[height // 6 :, max(left, 0) : max(left + 2 * width // 5, 0)] = 90
        result.append(covered)
    return result


def blurred(images: Images) -> list[Image]:
    """Return the images with a blur that comes and goes."""
    return [
        np.asarray(
            cv2.GaussianBlur(image, (0, 0), 0.3 + 0.02 * image.shape[1] * _wave(number)), np.uint8
        )
        for number, image in enumerate(images)
    ]


def dark(images: Images) -> list[Image]:
    """Return the images with light that goes and comes again."""
    return [
        (image * (1.0 - 0.97 * _wave(number))).astype(np.uint8)
        for number, image in enumerate(images)
    ]


def cut(images: Images) -> list[Image]:
    """Return the images with a cut to a moved, mirrored or empty view every few of them."""
    views: tuple[Callable[[Image], Image], ...] = (
        lambda image: image,
        lambda image: np.ascontiguousarray(image[:, ::-1]),
        lambda image: np.roll(image, image.shape[1] // 3, axis=1),
        lambda image: np.zeros_like(image),
    )
    return [views[number // 6 % len(views)](image) for number, image in enumerate(images)]


def small(images: Images) -> list[Image]:
    """Return the images shrunk in the middle of grey."""
    result = []
    for image in images:
        height, width = image.shape[:2]
        size = 2 * width // 5, 2 * height // 5
        canvas = np.full_like(image, 128)
        top, left = (height - size[1]) // 2, (width - size[0]) // 2
        canvas[top : top + size[1], left : left + size[0]] = cv2.resize(
            image, size, interpolation=cv2.INTER_AREA
        )
        result.append(canvas)
    return result


def turned(images: Images) -> list[Image]:
    """Return the images turned to and fro by up to 80 degrees."""
    result = []
    for number, image in enumerate(images):
        height, width = image.shape[:2]
        angle = 80.0 * np.sin(2.0 * np.pi * number / (2 * _PERIOD))
        matrix = cv2.getRotationMatrix2D((width / 2.0, height / 2.0), angle, 1.0)
        result.append(np.asarray(cv2.warpAffine(image, matrix, (width, height)), np.uint8))
    return result


def two_faces(images: Images) -> list[Image]:
    """Return the images beside their mirror image, which is gone for a while."""
    result = []
    for number, image in enumerate(images):
        other = np.ascontiguousarray(image[:, ::-1])
        if number % (2 * _PERIOD) > 3 * _PERIOD // 2:
            other = np.zeros_like(image)
        result.append(np.concatenate([image, other], axis=1))
    return result


SEQUENCES: dict[str, Callable[[Images], list[Image]]] = {
    "occlusion": occluded,
    "blur": blurred,
    "dark": dark,
    "cuts": cut,
    "small": small,
    "turned": turned,
    "two faces": two_faces,
}
"""Makers by name."""


def with_noise(images: Images, seed: int = 0) -> list[Image]:
    """Return the images with each value up to one grey level off: the least that cameras do."""
    generator = np.random.default_rng(seed)
    return [
        np.clip(image + generator.integers(-1, 2, image.shape), 0, 255).astype(np.uint8)
        for image in images
    ]


def _wave(number: int) -> float:
    return float(0.5 - 0.5 * np.cos(2.0 * np.pi * number / _PERIOD))
