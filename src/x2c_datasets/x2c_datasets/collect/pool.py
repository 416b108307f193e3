# SPDX-License-Identifier: Apache-2.0
"""Render animations in several processes, each with a face and an OpenGL context of its own."""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from concurrent.futures import as_completed
from pathlib import Path

from x2c_core.errors import WorkerError
from x2c_core.system.worker_pool import worker_pool
from x2c_datasets.collect.store import AnimationStore
from x2c_datasets.collection_settings import CollectionSettings
from x2c_datasets.errors import CollectError


def render(
    robot: Path,
    settings: CollectionSettings,
    store: AnimationStore,
    indices: Sequence[int],
    workers: int,
) -> Generator[int, None, None]:
    """Render and write animations; yields the number of each when it is on the disk.

    Args:
        robot: Folder of the virtual humanoid.
        settings: Settings of the data set.
        store: Store to write to.
        indices: Numbers of the animations.
        workers: Number of processes.

    Raises:
        CollectError: A process died, or the robot cannot be rendered.
        OSError: Something does not fit, or cannot be written.
    """
    processes = min(workers, max(len(indices), 1))
    try:
        with worker_pool(processes, _begin, (robot, settings, store.folder)) as pool:
            waiting = [pool.submit(_render_one, index) for index in indices]
            for done in as_completed(waiting):
                yield done.result()
    except WorkerError as error:
        raise CollectError(
            "a process that renders has ended unexpectedly (is the memory used up?); finished "
            "animations are kept; to resume, give the same command again"
        ) from error


class _Worker:
    """State of a process, kept from one animation to the next."""

    def __init__(self, robot: Path, settings: CollectionSettings, folder: Path) -> None:
        # Only now, in the process that needs them, and after the settings of OpenGL.
        from x2c_core.robot.robot_file import load_robot
        from x2c_datasets.collect.renderer import Renderer

        self._settings = settings
        self._store = AnimationStore(folder)
        self._renderer = Renderer(load_robot(robot), settings)

    def render(self, index: int) -> int:
        from x2c_datasets.animation.animation import make_animation

        animation = make_animation(self._settings.seed, index, self._settings.frames)
        self._store.write(animation, self._renderer.shoot(animation))
        return index


_worker: _Worker | None = None


def _begin(robot: Path, settings: CollectionSettings, folder: Path) -> None:
    global _worker
    # There is a process for each core already.
    os.environ["LP_NUM_THREADS"] = "1"
    os.environ["OMP_NUM_THREADS"] = "1"
    import cv2

    cv2.setNumThreads(1)
    _worker = _Worker(robot, settings, folder)


def _render_one(index: int) -> int:
    if _worker is None:
        raise CollectError("the process that renders was not set up")
    return _worker.render(index)
