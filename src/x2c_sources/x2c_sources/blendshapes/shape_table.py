# SPDX-License-Identifier: Apache-2.0
"""Table from blendshapes to control values, and back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from x2c_core.arrays import Array
from x2c_core.control_space import controls
from x2c_core.control_space.controls import Unit
from x2c_core.errors import ControlError
from x2c_core.files.bounded_yaml import load_yaml, load_yaml_file
from x2c_core.words import did_you_mean
from x2c_sources.blendshapes.shapes import INPUTS, POSES, SHAPES
from x2c_sources.errors import ShapeTableError

FILE_NAME = "blendshapes.yaml"

_ANGLE = np.array([control.unit is Unit.RADIAN for control in controls.CONTROLS])
_LARGEST_GAIN = 10.0
_STEPS = 60
_FEW = 1e-3


class ShapeTable:
    """Gains from shapes (55,) to controls (30,).

    Args:
        gains: (30, 55): deflection per shape; for controls that are angles rad per shape, or rad
            per rad of the head.
    """

    def __init__(self, gains: Array) -> None:
        self._gains = gains
        self._used = gains != 0.0
        shares = gains[:, : len(SHAPES)]
        self._shares = shares
        self._step = 1.0 / (float(np.linalg.norm(shares, 2)) ** 2 + _FEW)

    def to_controls(self, shapes: Array) -> tuple[Array, Array]:
        """Return control values (30,) [ratio or rad] and their mask (30,).

        The mask is 0 for controls of which no shape is known, else 1.

        Args:
            shapes: (55,) shapes beyond rest, and angles; NaN for those not known.
        """
        known = ~np.isnan(shapes)
        amounts = self._gains @ np.where(known, shapes, 0.0)
        deflected = controls.from_deflection(np.where(_ANGLE, 0.0, np.clip(amounts, -1.0, 1.0)))
        values, _ = controls.clamp(np.where(_ANGLE, controls.NEUTRAL + amounts, deflected))
        mask = (self._used & known).any(axis=1).astype(float)
        return values, mask

    def to_shapes(self, values: Array) -> Array:
        """Return shapes (55,) that show control values best, each from 0 to 1, and as few as do.

        Args:
            values: (30,) control values [ratio or rad].
        """
        offset = values - controls.NEUTRAL
        wanted = np.where(_ANGLE, offset, controls.to_deflection(values))
        shares = np.zeros(len(SHAPES))
        for _ in range(_STEPS):
            error = self._shares @ shares - wanted
            # The second part leaves out shapes that change nothing.
            slope = self._shares.T @ error + _FEW
            shares = np.clip(shares - self._step * slope, 0.0, 1.0)
        return np.concatenate([shares, [_angle(offset, pose) for pose in POSES]])


def _angle(offset: Array, pose: str) -> float:
    """Return the angle of the head [rad] that head and neck have together."""
    of = pose.removeprefix("head")
    names = [name for name in (f"Head {of}", f"Neck {of}") if name in controls.NAMES]
    return float(sum(offset[controls.index(name)] for name in names))


def default_table() -> ShapeTable:
    """Return the table that comes with the project."""
    text = (resources.files("x2c_sources") / "data" / FILE_NAME).read_text(encoding="utf-8")
    return read_table(load_yaml(text), FILE_NAME)


def table_of(folder: Path) -> ShapeTable:
    """Return the table of a robot's folder, or the project's if it has none.

    Raises:
        ShapeTableError: The folder's table cannot be used.
    """
    path = folder / FILE_NAME
    if not path.exists():
        return default_table()
    try:
        content = load_yaml_file(path)
    except (OSError, ValueError) as error:
        raise ShapeTableError(f"{path}: {error}") from error
    return read_table(content, str(path))


def read_table(content: Any, name: str) -> ShapeTable:
    """Return a table from the content of its file.

    Args:
        content: Mapping of controls to mappings of shapes to gains.
        name: Name of the file in errors.

    Raises:
        ShapeTableError: A control or shape is unknown, or a gain is no number from -10 to 10.
    """
    gains = np.zeros((controls.COUNT, len(INPUTS)))
    for control, row in _mapping(content, name).items():
        try:
            index = controls.index(control)
        except ControlError as error:
            raise ShapeTableError(f"{name}: {error}") from error
        for shape, gain in _mapping(row, f"{name}: {control}").items():
            if shape not in INPUTS:
                hint = did_you_mean(str(shape), INPUTS)
                raise ShapeTableError(f"{name}: {control}: unknown shape {shape!r}{hint}")
            gains[index, INPUTS.index(shape)] = _gain(gain, f"{name}: {control}: {shape}")
    return ShapeTable(gains)


def _mapping(content: Any, where: str) -> Mapping[Any, Any]:
    if not isinstance(content, Mapping):
        raise ShapeTableError(f"{where}: expected NAME: value, got {content!r}"[:200])
    return content


def _gain(value: Any, where: str) -> float:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or abs(value) > _LARGEST_GAIN:
        raise ShapeTableError(
            f"{where}: expected a number from -{_LARGEST_GAIN:g} to {_LARGEST_GAIN:g}, "
            f"got {value!r}"[:200]
        )
    return float(value)
