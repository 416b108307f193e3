# SPDX-License-Identifier: Apache-2.0
"""Settings of a data set; together with the versions they decide every byte."""

from __future__ import annotations

import dataclasses
import enum
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from x2c_core.files.bounded_json import load_json
from x2c_core.files.input_limits import TEXT_BYTES, YAML_BYTES, LimitError
from x2c_core.files.regular_files import read_bytes, read_text
from x2c_core.robot.robot_file import FILE_NAME
from x2c_core.system.versions import versions
from x2c_datasets.errors import CollectError
from x2c_datasets.formats import layout

_FORMAT = 1
_DECISIVE = ("x2c", "numpy", "opencv", "mujoco")


def robot_file_hash(folder: Path) -> str:
    """Return a fingerprint of a robot's file, edited files of the same name included.

    Raises:
        CollectError: It cannot be read.
    """
    try:
        content = read_bytes(folder / FILE_NAME, YAML_BYTES)
    except OSError as error:
        raise CollectError(f"cannot read {folder / FILE_NAME}: {error.strerror}") from error
    except LimitError as error:
        raise CollectError(str(error)) from error
    return hashlib.sha256(content).hexdigest()[:16]


class LookKind(enum.StrEnum):
    """Choice of looks of the images of different animations."""

    VARIED = "varied"
    PLAIN = "plain"


@dataclass(frozen=True)
class CollectionSettings:
    """Settings of a collection.

    Attributes:
        robot: Its name.
        samples: Number of pairs.
        seed: Random seed.
        frames: Images of each animation.
        look: Look of the images of a simulated robot.
        size: Width and height of those images [px].
        quality: JPEG quality, 1 to 100.
        camera: Topic of a real robot's images; empty where the robot is simulated.
        settle: Time that a real robot holds a pose before its image is taken [s].
        tolerance: Longest time between the end of `settle` and the stamp of the image [s].
        robot_file: Hash of the robot's robot.yaml, which says how values move joints.
    """

    robot: str
    samples: int
    seed: int
    frames: int = 20
    look: LookKind = LookKind.VARIED
    size: int = 256
    quality: int = 92
    camera: str = ""
    settle: float = 0.0
    tolerance: float = 0.0
    robot_file: str = ""

    def __post_init__(self) -> None:
        """Refuse numbers that cannot be.

        Raises:
            CollectError: One is out of its range.
        """
        for name, low, high in (
            ("samples", 1, 20_000_000),
            ("seed", 0, 2**63 - 1),
            ("frames", 2, 1000),
            ("size", 16, 2048),
            ("quality", 1, 100),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise CollectError(f"expected {name} from {low} to {high}, got {value}")

    @property
    def animations(self) -> int:
        """Number of animations."""
        return -(-self.samples // self.frames)

    def frames_of(self, index: int) -> int:
        """Return how many images of an animation are kept; the last one's may be fewer."""
        return min(self.frames, self.samples - index * self.frames)

    def to_json(self) -> str:
        """Return the settings, and the versions of what decides the images, as JSON."""
        found = versions()
        content = {
            "format": _FORMAT,
            **dataclasses.asdict(self),
            "versions": {name: found.get(name) for name in _DECISIVE},
        }
        return json.dumps(content, indent=2) + "\n"


def differences(text: str, other: str) -> str:
    """Return in which entries two texts of settings differ, in words; empty where in none."""
    one, two = _entries(text), _entries(other)
    return ", ".join(
        f"{name} {one.get(name)!r} instead of {two.get(name)!r}"
        for name in dict.fromkeys([*one, *two])
        if one.get(name) != two.get(name)
    )


def read_settings_file(folder: Path) -> str | None:
    """Return the settings that a folder was begun with, or None where it was not.

    Raises:
        CollectError: The file cannot be read.
    """
    file = folder / layout.SETTINGS
    try:
        text = read_text(file, TEXT_BYTES)
        _entries(text)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise CollectError(
            f"cannot read {file}: {error}. Choose another folder, or delete this one"
        ) from error
    return text


def _entries(text: str) -> dict[str, Any]:
    content = load_json(text)
    return {**content, **{f"version of {k}": v for k, v in content.pop("versions", {}).items()}}
