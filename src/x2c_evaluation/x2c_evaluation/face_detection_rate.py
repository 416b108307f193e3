# SPDX-License-Identifier: Apache-2.0
"""Detection rate of the virtual face by the face tracker, and drawing speed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from rich.console import Console
from rich.table import Table

from x2c_core.arrays import Array
from x2c_core.control_space import controls
from x2c_core.face import topology
from x2c_core.robot.robot import Robot
from x2c_core.terminal.progress import ProgressDisplay
from x2c_core.terminal.tables import folded
from x2c_perception.tracking.face_mesh_tracker import FaceMeshTracker
from x2c_perception.tracking.tracker import FaceTracker
from x2c_virtual_face.virtual_face import VirtualFace

POSES = 2000
DEPLOYMENT_TARGET = 0.995
FULL_TARGET = 0.97
DRAWING_TARGET = 5.0
"""Milliseconds for an image of 256 x 256 on one core."""

_SIZE = 256
_SEED = 0
_FARTHEST = 0.25
"""Mean distance of found landmarks from where they are [interocular distances]."""
_LIDS = [controls.index(f"Eyelid Upper {side}") for side in ("Left", "Right")]
_JAW = controls.index("Jaw Pitch")


@dataclass(frozen=True)
class FaceDetectionRate:
    """Detection rate of the face.

    Attributes:
        poses: Number of poses shown.
        missed: Control values (30,) of those in which it was not found.
    """

    poses: int
    missed: tuple[Array, ...]

    @property
    def share(self) -> float:
        """Of poses in which it was found, 0 to 1."""
        return 1.0 - len(self.missed) / self.poses


def random_poses(count: int, lower: Array, upper: Array, seed: int) -> Iterator[Array]:
    """Yield control vectors (30,), evenly spread over ranges.

    Of every ten, one has its eyes shut, one its mouth wide open, and one both.
    """
    generator = np.random.default_rng(seed)
    for k in range(count):
        values = generator.uniform(lower, upper)
        if k % 10 in (0, 2):
            values[_LIDS] = lower[_LIDS]
        if k % 10 in (1, 2):
            values[_JAW] = lower[_JAW]
        yield values


def detect(
    robot: Robot,
    tracker: FaceTracker,
    lower: Array,
    upper: Array,
    count: int = POSES,
    progress: Callable[[], None] = lambda: None,
) -> FaceDetectionRate:
    """Show random poses, each at first sight, and count in how many the face is found.

    A face counts as found if its landmarks are where they are known to be.

    Args:
        robot: Robot with the virtual humanoid's joints.
        tracker: Tracker that looks at it.
        lower: (30,) least control values.
        upper: (30,) greatest control values.
        count: Number of poses.
        progress: Called after each.
    """
    nothing = np.zeros((_SIZE, _SIZE, 3), np.uint8)
    missed = []
    with VirtualFace(robot, _SIZE, _SIZE) as face:
        for values in random_poses(count, lower, upper, _SEED):
            face.set_positions(robot.joint_targets(values))
            # A tracker that has just lost a face has nothing to go by.
            tracker.track(nothing)
            found = tracker.track(face.render())
            if not found or not _is_there(found[0].landmarks, face):
                missed.append(values)
            progress()
    return FaceDetectionRate(count, tuple(missed))


def drawing_time(robot: Robot, count: int = 200) -> float:
    """Return the processor time that an image of 256 x 256 takes on one core, the median [ms]."""
    spent = []
    with _one_core(), VirtualFace(robot, _SIZE, _SIZE) as face:
        face.render()
        for values in random_poses(count, controls.MINIMUM, controls.MAXIMUM, _SEED):
            face.set_positions(robot.joint_targets(values))
            start = time.process_time()
            face.render()
            spent.append(time.process_time() - start)
    return float(np.median(spent)) * 1e3


def check(robot: Robot, console: Console) -> int:
    """Measure and print everything; return the exit status, 1 where a target is missed."""
    ranges = {
        "deployment ranges": (
            *(controls.DEPLOYMENT_MINIMUM, controls.DEPLOYMENT_MAXIMUM),
            DEPLOYMENT_TARGET,
        ),
        "full ranges": (controls.MINIMUM, controls.MAXIMUM, FULL_TARGET),
    }
    table = Table("measured", "result", "wanted", "")
    drawing = drawing_time(robot)
    ok = drawing <= DRAWING_TARGET
    tracker = FaceMeshTracker()
    with ProgressDisplay(console, transient=True) as progress:
        bar = progress.add("Showing faces", POSES * len(ranges))
        for name, (lower, upper, wanted) in ranges.items():
            found = detect(robot, tracker, lower, upper, POSES, lambda: progress.advance(bar))
            good = found.share >= wanted
            ok &= good
            table.add_row(
                f"face found, {name}",
                f"{found.share:.2%} ({found.poses - len(found.missed)} of {found.poses})",
                f"{wanted:.1%}",
                _mark(good),
            )
    tracker.close()
    table.add_row(
        "drawing 256x256, one core",
        f"{drawing:.1f} ms",
        f"{DRAWING_TARGET:g} ms",
        _mark(drawing <= DRAWING_TARGET),
    )
    console.print(folded(table))
    return 0 if ok else 1


def _mark(good: bool) -> str:
    return "[green]ok[/green]" if good else "[bold red]missed[/bold red]"


def _is_there(landmarks: Array, face: VirtualFace) -> bool:
    places = np.column_stack([face.landmarks(), np.ones(topology.COUNT)])
    u, v, w = np.einsum("ij,nj->in", face.projection(), places)
    true = np.column_stack([u / w, v / w])
    unit = np.linalg.norm(face.projection()[:2, :3], axis=1).max() / w.mean()
    return bool(np.linalg.norm(landmarks[:, :2] - true, axis=1).mean() < _FARTHEST * unit)


@contextmanager
def _one_core() -> Iterator[None]:
    """Keep what starts meanwhile, drawing threads included, on one core where that is possible."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
