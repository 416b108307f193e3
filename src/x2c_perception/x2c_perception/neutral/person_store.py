# SPDX-License-Identifier: Apache-2.0
"""Keep each person's neutral face in a file."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from x2c_core.errors import LandmarkError
from x2c_core.face import topology
from x2c_core.face.head_pose import HeadPose, check_landmarks, fit_head_pose
from x2c_core.files.array_files import read_npz
from x2c_perception.errors import PersonError
from x2c_perception.neutral.neutral_frames import NeutralFace

SUFFIX = ".npz"
"""Ending of the files."""

_VERSION = 1
_SHAPES = {
    "version": (),
    "face": (topology.COUNT, 3),
    "rotation": (3, 3),
    "translation": (3,),
    "scale": (),
    "size": (2,),
}

NAME = r"\w([\w .-]{0,62}[\w-])?"
"""Regular expression of a person's name, which is that of a file."""

NAME_IN_WORDS = (
    "a name of at most 64 letters, digits, spaces, '_', '-' and '.', beginning with a letter or "
    "digit, and not ending with a space or '.'"
)


def persons_folder() -> Path:
    """Return the folder of the files: x2c/persons under $ROS_HOME, which is ~/.ros by default."""
    home = os.environ.get("ROS_HOME", "")
    return (Path(home) if home else Path.home() / ".ros") / "x2c" / "persons"


class PersonStore:
    """Save and load neutral faces by the person's name.

    Args:
        folder: Folder; created when something is saved.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, person: str) -> Path:
        """Return a person's file, whether it is there or not.

        Raises:
            PersonError: The name cannot be a file's.
        """
        if not re.fullmatch(NAME, person):
            raise PersonError(f"person {person!r}: expected {NAME_IN_WORDS}")
        return self._folder / f"{person}{SUFFIX}"

    def names(self) -> list[str]:
        """Return the names of the people whose neutral faces are saved, sorted."""
        files = self._folder.glob(f"*{SUFFIX}")
        return sorted(file.stem for file in files if re.fullmatch(NAME, file.stem))

    def save(self, person: str, neutral: NeutralFace) -> Path:
        """Save a neutral face; a process killed meanwhile leaves the old file.

        Returns:
            The file.

        Raises:
            PersonError: It cannot be written.
        """
        path = self.path(person)
        write_person(path, neutral)
        return path

    def load(self, person: str) -> NeutralFace | None:
        """Return a person's neutral face, or None if none has been saved.

        Raises:
            PersonError: The file is damaged, or of another version.
        """
        path = self.path(person)
        return read_person(path) if path.exists() else None


def write_person(path: Path, neutral: NeutralFace) -> None:
    """Write a neutral face to a file; a process killed meanwhile leaves the old file.

    Raises:
        PersonError: It cannot be written.
    """
    pose = neutral.pose
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            try:
                np.savez(
                    file,
                    version=_VERSION,
                    face=neutral.face,
                    rotation=pose.rotation,
                    translation=pose.translation,
                    scale=pose.scale,
                    size=np.array([neutral.width, neutral.height]),
                )
                file.flush()
                os.fsync(file.fileno())
                Path(file.name).replace(path)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
    except OSError as error:
        raise PersonError(f"cannot save the neutral face to {path}: {error}") from error


def read_person(path: Path) -> NeutralFace:
    """Return the neutral face in a file.

    Raises:
        PersonError: The file is missing, damaged, or of another version.
    """
    try:
        return _parse(read_npz(path, _SHAPES))
    except (OSError, ValueError) as error:
        raise PersonError(f"{path} holds no neutral face: {error}") from error


def _parse(data: dict[str, NDArray[np.float64]]) -> NeutralFace:
    if int(data["version"]) != _VERSION:
        raise ValueError(f"version {data['version']}, expected {_VERSION}")
    try:
        face = check_landmarks(data["face"])
    except LandmarkError as error:
        raise ValueError(str(error)) from error
    for name, shape in _SHAPES.items():
        if not np.isfinite(data[name]).all():
            raise ValueError(f"{name} must be {shape} finite numbers")
    width, height = (int(number) for number in data["size"])
    rotation, scale = data["rotation"].astype(np.float64), float(data["scale"])
    orthonormal = np.allclose(rotation @ rotation.T, np.eye(3), atol=1e-6)
    if not orthonormal or scale <= 0.0 or min(width, height) <= 0:
        raise ValueError("it has no possible head pose or image size")
    pose = HeadPose(rotation, data["translation"].astype(np.float64), scale)
    try:
        fit_head_pose(pose.to_pixels(face))
    except LandmarkError as error:
        raise ValueError(str(error)) from error
    return NeutralFace(face, pose, width, height)
