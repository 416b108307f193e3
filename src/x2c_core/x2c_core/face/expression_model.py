# SPDX-License-Identifier: Apache-2.0
"""Expression model of a robot: its neutral landmarks, and how each control moves them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from x2c_core.arrays import Array
from x2c_core.control_space import controls
from x2c_core.errors import RobotError
from x2c_core.face import topology
from x2c_core.files.array_files import read_npz
from x2c_core.files.results import replacing

_SHAPES = {
    "neutral": (topology.COUNT, 3),
    "up": (controls.COUNT, topology.COUNT, 3),
    "down": (controls.COUNT, topology.COUNT, 3),
    "turn_up": (controls.COUNT, 3),
    "turn_down": (controls.COUNT, 3),
}


def _no_turn() -> Array:
    return np.zeros(_SHAPES["turn_up"])


@dataclass(frozen=True)
class ExpressionModel:
    """Landmarks that a face tracker sees of a robot, as a function of the control values.

    A control moves the landmarks in proportion to how far it goes its way up or down
    (`controls.ways`), since most actuators do not do the same on both sides of neutral. Landmarks
    are in the head frame [interocular distances]. To a tracker, a face also seems to turn a little
    when it does something else, as when the jaw drops; and it does not see the head turn by quite
    the angle that it turns. That is the apparent turn.

    Attributes:
        neutral: (478, 3) landmarks of the neutral face.
        up: (30, 478, 3) displacement at each control's upper end.
        down: (30, 478, 3) displacement at each control's lower end.
        turn_up: (30, 3) yaw, pitch and roll [rad] by which the head seems to turn, beyond what
            the head and neck controls say, at each control's upper end.
        turn_down: (30, 3) likewise at its lower end.
    """

    neutral: Array
    up: Array
    down: Array
    turn_up: Array = field(default_factory=_no_turn)
    turn_down: Array = field(default_factory=_no_turn)

    def __post_init__(self) -> None:
        """Check and freeze the arrays."""
        for name, shape in _SHAPES.items():
            array = np.array(getattr(self, name), dtype=np.float64)
            if array.shape != shape:
                raise RobotError(
                    f"expression model: {name} has shape {array.shape}, expected {shape}"
                )
            if not np.isfinite(array).all():
                raise RobotError(f"expression model: {name} holds NaN or infinity")
            array.setflags(write=False)
            object.__setattr__(self, name, array)

    def landmarks(self, values: ArrayLike) -> Array:
        """Return the landmarks (478, 3) [interocular distances] that control values (30,) give.

        Raises:
            ControlError: The values are not 30 finite numbers.
        """
        ups, downs = controls.ways(values)
        moved = np.tensordot(ups, self.up, axes=1) + np.tensordot(downs, self.down, axes=1)
        return np.asarray(self.neutral + moved)

    def turn(self, values: ArrayLike) -> Array:
        """Return the apparent yaw, pitch and roll (3,) [rad] that control values (30,) add.

        Raises:
            ControlError: The values are not 30 finite numbers.
        """
        ups, downs = controls.ways(values)
        return np.asarray(ups @ self.turn_up + downs @ self.turn_down)

    def of_controls(self, which: ArrayLike) -> ExpressionModel:
        """Return the model of a face on which only some controls (30,) do anything."""
        kept = np.asarray(which, dtype=bool)
        changes = {
            name: np.where(kept.reshape(-1, *[1] * (array.ndim - 1)), array, 0.0)
            for name, array in vars(self).items()
            if name != "neutral"
        }
        return ExpressionModel(neutral=self.neutral, **changes)

    def save(self, path: Path) -> None:
        """Write the model to an `.npz` file, which is there whole or not at all.

        Raises:
            OutputError: It cannot be written.
        """
        arrays = {name: getattr(self, name).astype(np.float32) for name in _SHAPES}
        with replacing(path) as partial, partial.open("wb") as file:
            np.savez_compressed(file, **arrays)


MODEL_ADVICE = (
    "copy the shared one of the robot 'virtual' there ('x2c robots' lists its folder), or make "
    "one from images of your robot with 'x2c collect' and 'x2c fit'"
)
"""Advice for a robot without an expression model."""


def load_expression_model(path: Path) -> ExpressionModel:
    """Return the expression model in an `.npz` file.

    Raises:
        RobotError: The file is missing, is no `.npz`, or holds arrays of other names or shapes.
    """
    try:
        arrays = read_npz(path, _SHAPES)
    except FileNotFoundError as error:
        raise RobotError(f"there is no expression model {path}: {MODEL_ADVICE}") from error
    except (OSError, ValueError) as error:
        expected = ", ".join(f"{name} {shape}" for name, shape in _SHAPES.items())
        raise RobotError(
            f"cannot read the expression model {path}: {error}; "
            f"expected an .npz file with {expected}"
        ) from error
    try:
        return ExpressionModel(**arrays)
    except RobotError as error:
        raise RobotError(f"{path}: {error}") from error
