# SPDX-License-Identifier: Apache-2.0
"""A small robot: five joints with what a robot.yaml can say."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from x2c_core.robot.robot import Robot
from x2c_core.robot.robot_file import load_robot


def _joint(lower: float, upper: float, velocity: float, home: float = 0.0) -> dict[str, object]:
    return {
        "type": "revolute",
        "position": [lower, upper],
        "velocity": velocity,
        "acceleration": 100.0,
        "jerk": 1000.0,
        "home": home,
    }


@pytest.fixture
def write_robot_to() -> Callable[..., Path]:
    """Write a robot folder into another, with some keys of its robot.yaml replaced."""

    def write(parent: Path, **replaced: object) -> Path:
        content = {
            "name": "small",
            "units": {"angle": "rad", "length": "m"},
            "joints": {
                "lid": _joint(-1.0, 1.0, velocity=20.0),
                "brow": _joint(-0.2, 0.2, velocity=10.0, home=0.1),
                "nod": _joint(-0.3, 0.3, velocity=1.0),
                "jaw": _joint(0.0, 0.4, velocity=8.0),
                "idle": _joint(0.0, 1.0, velocity=1.0, home=0.5),
            },
            "mixing": {
                "lid": {"Eyelid Upper Left": [[-1.0, -1.0], [1.0, 0.0], [2.0, 1.0]]},
                "brow": {"Brow Inner Left": [[0.0, -0.3], [0.6, 0.0], [1.0, 0.1]]},
                "nod": {"Head Pitch": 0.5, "Neck Pitch": 0.5},
                "jaw": {"Jaw Pitch": -0.4},
            },
            **replaced,
        }
        folder = parent / "small"
        folder.mkdir(parents=True)
        (folder / "robot.yaml").write_text(
            yaml.safe_dump(content, sort_keys=False), encoding="utf-8"
        )
        return folder

    return write


@pytest.fixture
def write_robot(tmp_path: Path, write_robot_to: Callable[..., Path]) -> Callable[..., Path]:
    """Write a robot folder, with some keys of its robot.yaml replaced."""
    return functools.partial(write_robot_to, tmp_path / "robots")


@pytest.fixture
def robot(write_robot: Callable[..., Path]) -> Robot:
    """The small robot."""
    return load_robot(write_robot())
