# SPDX-License-Identifier: Apache-2.0
"""Fits the virtual robot's expression model: shows it many faces, and tracks what can be seen.

    python -m x2c_evaluation.fit_virtual --robot config/robots/virtual

The tracker is the one that watches the person, so what it sees too weakly on the robot it sees too
weakly in both.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from x2c_evaluation.expression_fit import Fit, Sample, fit_expression_model
from x2c_face import controls
from x2c_face.controls import Group
from x2c_face.robot_file import load_robot
from x2c_perception.mediapipe_tracker import MediaPipeTracker
from x2c_virtual_face.virtual_face import VirtualFace

Array = NDArray[np.float64]

_SIZE = 384
_ALONE = (-0.6, -0.3, 0.3, 0.6)
"""Deflections at which each control is shown alone: half-way, where lids are not yet shut."""
_TOGETHER, _MOST = 5, 0.7
"""How many controls move at random together, and how far at most."""
_NEUTRALS = 5


def poses(samples: int, seed: int) -> list[Array]:
    """Return control vectors (30,): each control alone, then random ones together.

    Args:
        samples: How many random ones.
        seed: Of the random numbers.
    """
    generator = np.random.default_rng(seed)
    still = (Group.HEAD, Group.NECK)
    face = [control.index for control in controls.CONTROLS if control.group not in still]
    deflections = []
    for index in face:
        for way in _ALONE:
            deflections.append(np.zeros(controls.COUNT))
            deflections[-1][index] = way
    for _ in range(samples):
        deflections.append(np.zeros(controls.COUNT))
        moved = generator.choice(face, _TOGETHER, replace=False)
        deflections[-1][moved] = generator.uniform(-_MOST, _MOST, _TOGETHER)
    return [controls.from_deflection(deflection) for deflection in deflections]


def fit_virtual(robot_folder: Path, samples: int, seed: int, console: Console) -> Fit:
    """Return the expression model of the virtual robot in a folder.

    Raises:
        X2CError: The robot cannot be loaded, or its face is not seen.
    """
    robot = load_robot(robot_folder)
    tracker = MediaPipeTracker()
    with VirtualFace(robot, _SIZE, _SIZE) as face:

        def seen(values: Array) -> Array | None:
            face.set_positions(robot.joint_targets(values))
            picture = face.render()
            # The tracker looks where the face was before: the second look has settled.
            tracker.track(picture)
            found = tracker.track(picture)
            return found[0].landmarks if found else None

        neutral = [
            found for _ in range(_NEUTRALS) if (found := seen(controls.NEUTRAL)) is not None
        ]
        shown = [
            Sample(values, found)
            for values in track(poses(samples, seed), "Showing faces", console=console)
            if (found := seen(values)) is not None
        ]
    tracker.close()
    return fit_expression_model(neutral, shown)


def main(arguments: Sequence[str] | None = None) -> None:
    """Fit the model and write it into the robot's folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--robot", type=Path, required=True, help="folder of the virtual robot")
    parser.add_argument("--samples", type=int, default=1500, help="random faces shown")
    parser.add_argument("--seed", type=int, default=0, help="of the random faces")
    options = parser.parse_args(arguments)
    console = Console()
    fit = fit_virtual(options.robot, options.samples, options.seed, console)
    path = load_robot(options.robot).expression_model
    fit.model.save(path)
    console.print(
        f"{path}: explains {fit.explained:.1%} of the landmarks' motion, "
        f"residual {fit.residual:.4f} interocular distances"
    )


if __name__ == "__main__":
    main()
