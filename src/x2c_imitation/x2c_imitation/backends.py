# SPDX-License-Identifier: Apache-2.0
"""The imitators there are, by name."""

from __future__ import annotations

from collections.abc import Callable

from x2c_face.expression_model import load_expression_model
from x2c_face.robot import Robot
from x2c_imitation.errors import ImitationError
from x2c_imitation.imitator import Imitator
from x2c_imitation.solver import Solver


def _solver(robot: Robot) -> Imitator:
    return Solver(load_expression_model(robot.expression_model))


BACKENDS: dict[str, Callable[[Robot], Imitator]] = {"solver": _solver}


def make_imitator(backend: str, robot: Robot) -> Imitator:
    """Return the imitator of this name for a robot.

    Raises:
        ImitationError: No backend has this name.
        RobotError: The robot's folder lacks what the backend needs.
    """
    try:
        make = BACKENDS[backend]
    except KeyError:
        raise ImitationError(
            f"unknown backend {backend!r}; the backends are: {', '.join(BACKENDS)}"
        ) from None
    return make(robot)
