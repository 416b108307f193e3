# SPDX-License-Identifier: Apache-2.0
"""Renders animations in several processes, each with a face and an OpenGL context of its own."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Generator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

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
    # What a started process holds is copied, not shared: OpenGL does not survive a fork.
    pool = ProcessPoolExecutor(
        min(workers, max(len(indices), 1)),
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_begin,
        initargs=(robot, settings, store.folder),
    )
    try:
        waiting = [pool.submit(_render_one, index) for index in indices]
        for done in as_completed(waiting):
            yield done.result()
    except BrokenProcessPool as error:
        raise CollectError(
            "a process that renders has ended unexpectedly (is the memory used up?); what was "
            "written stays, run the same command again to go on"
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


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
_refusal: Exception | None = None


def _begin(robot: Path, settings: CollectionSettings, folder: Path) -> None:
    global _worker, _refusal
    # Ctrl-C reaches every process of a terminal; the one that started these decides what to do.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    # There is a process for each core already.
    os.environ["LP_NUM_THREADS"] = "1"
    os.environ["OMP_NUM_THREADS"] = "1"
    import cv2

    cv2.setNumThreads(1)
    try:
        _worker = _Worker(robot, settings, folder)
    # An initializer that raises only says that the pool is broken.
    except Exception as error:
        _refusal = error


def _render_one(index: int) -> int:
    if _worker is None:
        raise _refusal or CollectError("the process that renders was not set up")
    return _worker.render(index)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
