# SPDX-License-Identifier: Apache-2.0
"""Collect a data set from the virtual face."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path

from x2c_datasets.collect import pool
from x2c_datasets.collect.outcome import Advance, CollectOutcome, complete, unwritable
from x2c_datasets.collect.store import OpenFolder
from x2c_datasets.collection_settings import CollectionSettings

_PAIR_BYTES = 16_000
"""Room that a pair of 256 x 256 pixels takes: image, landmarks, the rest of a disk block."""


def collect_simulated(
    robot: Path, settings: CollectionSettings, folder: Path, workers: int, advance: Advance
) -> CollectOutcome:
    """Render what is missing in a folder and complete it.

    Args:
        robot: Folder of the virtual humanoid.
        settings: Settings of the data set.
        folder: Folder to write to; animations of an earlier run are kept.
        workers: Number of processes that render.
        advance: Called with progress, first about what was there before.

    Raises:
        CollectError: The folder holds something else, the disk is full, a process died.
    """
    with OpenFolder(folder, settings) as opened:
        if opened.complete:
            advance(settings.samples)
            return CollectOutcome(settings.samples, settings.samples)
        store = opened.store
        done = store.done()
        found = sum(settings.frames_of(index) for index in done)
        warnings = _room(folder, settings, found)
        advance(found)
        missing = [index for index in range(settings.animations) if index not in done]
        try:
            with closing(pool.render(robot, settings, store, missing, workers)) as rendered:
                for index in rendered:
                    advance(settings.frames_of(index))
            complete(opened, settings)
        except OSError as error:
            raise unwritable(error, store, settings) from error
    return CollectOutcome(settings.samples, found, warnings)


def _room(folder: Path, settings: CollectionSettings, found: int) -> tuple[str, ...]:
    share = (settings.size / 256) ** 2
    needed = (settings.samples - found) * _PAIR_BYTES * max(share, 0.5)
    free = shutil.disk_usage(folder).free
    if needed < free:
        return ()
    gigabytes = f"{needed / 1e9:.1f} GB more, and only {free / 1e9:.1f} GB are free"
    return (f"{folder} needs about {gigabytes}",)
