# SPDX-License-Identifier: Apache-2.0
"""Configuration of a network: shape, input images, and runtime."""

from __future__ import annotations

import dataclasses
import enum
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from x2c_core.files.bounded_json import load_json
from x2c_imitation.errors import NetworkError

Channels = tuple[float, float, float]
Crop = tuple[float, float, float, float]

SMALLEST, LARGEST = 32, 1024
"""Sizes of images that a network may take [pixel]."""

WHOLE: Crop = (0.0, 0.0, 1.0, 1.0)
"""Crop that leaves nothing out."""

_ADDED = ("crop", "landmarks")
"""Keys that older files do not have."""


class RuntimeName(enum.StrEnum):
    """Runtimes of a network."""

    ONNX = "onnx"
    TORCH = "torch"


class Device(enum.StrEnum):
    """Devices of a network."""

    CPU = "cpu"
    CUDA = "cuda"


class ColorOrder(enum.StrEnum):
    """Order of the colour channels of a network's input."""

    RGB = "rgb"
    BGR = "bgr"


class AngleUnit(enum.StrEnum):
    """Unit in which a network gives gaze, head and neck."""

    RAD = "rad"
    DEG = "deg"


def _channels(name: str, values: object) -> Channels:
    if isinstance(values, list | tuple) and len(values) == 3:
        numbers = [
            float(value)
            for value in values
            if isinstance(value, int | float) and not isinstance(value, bool)
        ]
        if len(numbers) == 3 and all(map(math.isfinite, numbers)):
            return numbers[0], numbers[1], numbers[2]
    raise NetworkError(f"{name}: expected three numbers, got {values!r}")


def _crop(values: object) -> Crop:
    if isinstance(values, list | tuple) and len(values) == 4:
        numbers = [
            float(value)
            for value in values
            if isinstance(value, int | float) and not isinstance(value, bool)
        ]
        if len(numbers) == 4:
            left, top, right, bottom = numbers
            if 0.0 <= left < right <= 1.0 and 0.0 <= top < bottom <= 1.0:
                return left, top, right, bottom
    raise NetworkError(
        f"crop: expected left, top, right and bottom from 0 to 1, in order, got {values!r}"
    )


@dataclass(frozen=True)
class NetworkConfig:
    """Of one mapping network.

    Attributes:
        backbone: Name of the convolutional part, one of `BACKBONES` in `backbones.backbone`.
        image_size: Width and height of its images [pixel].
        color_order: Order of its input's channels.
        mean: Taken off each channel, in that order, of values from 0 to 1.
        std: Each channel is then divided by, likewise.
        angle_unit: Unit of the angles in its output.
        crop: Crop of an image for its input: left, top, right and bottom as shares of the image.
        landmarks: Whether it takes the motion of the face's landmarks beside the image.

    Raises:
        NetworkError: A value cannot be.
    """

    backbone: str = "resnet18"
    image_size: int = 224
    color_order: ColorOrder = ColorOrder.RGB
    mean: Channels = (0.485, 0.456, 0.406)
    std: Channels = (0.229, 0.224, 0.225)
    angle_unit: AngleUnit = AngleUnit.RAD
    crop: Crop = WHOLE
    landmarks: bool = False

    def __post_init__(self) -> None:
        """Bring values from files into their types, or refuse them."""
        if not isinstance(self.backbone, str):
            raise NetworkError(f"backbone: expected a name, got {self.backbone!r}")
        size = self.image_size
        if isinstance(size, bool) or not isinstance(size, int) or not SMALLEST <= size <= LARGEST:
            raise NetworkError(
                f"image_size: expected {SMALLEST} to {LARGEST} pixels, got {self.image_size!r}"
            )
        for name, kind in (("color_order", ColorOrder), ("angle_unit", AngleUnit)):
            value = getattr(self, name)
            if value not in tuple(kind):
                raise NetworkError(f"{name}: expected one of {', '.join(kind)}, got {value!r}")
            object.__setattr__(self, name, kind(value))
        object.__setattr__(self, "mean", _channels("mean", self.mean))
        object.__setattr__(self, "std", _channels("std", self.std))
        if min(self.std) <= 0.0:
            raise NetworkError(f"std: expected positive numbers, got {list(self.std)}")
        object.__setattr__(self, "crop", _crop(self.crop))
        if not isinstance(self.landmarks, bool):
            raise NetworkError(f"landmarks: expected true or false, got {self.landmarks!r}")

    @property
    def whole_size(self) -> int:
        """Size [pixel] of square images that the network sees as they are, but for the crop."""
        left, top, right, bottom = self.crop
        return round(self.image_size / max(right - left, bottom - top))

    def as_dict(self) -> dict[str, Any]:
        """Return all of it in types that JSON knows."""
        content = dataclasses.asdict(self)
        plain = {"color_order": str(self.color_order), "angle_unit": str(self.angle_unit)}
        return content | plain | {name: list(content[name]) for name in ("mean", "std", "crop")}

    def as_json(self) -> str:
        """Return all of it as JSON."""
        return json.dumps(self.as_dict())

    @classmethod
    def from_dict(cls, content: object) -> NetworkConfig:
        """Return what `as_dict` gave.

        Raises:
            NetworkError: It is no mapping, a key is unknown or a value cannot be.
        """
        if not isinstance(content, Mapping):
            raise NetworkError(f"expected keys with values, got {content!r}")
        known = [field.name for field in dataclasses.fields(cls)]
        unknown = [str(key) for key in content if key not in known]
        if unknown:
            raise NetworkError(f"unknown {', '.join(unknown)}; known are {', '.join(known)}")
        # Files from before there were crops show the network everything; others, images alone.
        missing = [name for name in known if name not in content and name not in _ADDED]
        if missing:
            raise NetworkError(f"{', '.join(missing)}: missing")
        return cls(**content)

    @classmethod
    def from_json(cls, text: str) -> NetworkConfig:
        """Return what `as_json` gave.

        Raises:
            NetworkError: It is no JSON, a key is unknown or a value cannot be.
        """
        try:
            content = load_json(text)
        except ValueError as error:
            raise NetworkError(f"expected JSON: {error}") from error
        return cls.from_dict(content)


PRESETS: Mapping[str, NetworkConfig] = {
    # As upstream's training reads images: OpenCV's channel order, statistics of the data set.
    "x2c": NetworkConfig(
        color_order=ColorOrder.BGR,
        mean=(0.4885, 0.4294, 0.3233),
        std=(0.1382, 0.1195, 0.1087),
        angle_unit=AngleUnit.DEG,
    ),
    # As its successor does: RGB, statistics of ImageNet.
    "vividface": NetworkConfig(angle_unit=AngleUnit.DEG),
}
"""Configurations of published networks, which do not carry their own."""


def preset(name: str) -> NetworkConfig:
    """Return a published network's configuration.

    Raises:
        NetworkError: There is none of this name.
    """
    if name not in PRESETS:
        raise NetworkError(f"unknown preset {name!r}; the presets are: {', '.join(PRESETS)}")
    return PRESETS[name]
