# SPDX-License-Identifier: Apache-2.0
"""Choice of the results' folder: a new one, or an earlier evaluation's; never a user's files."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from x2c_bags.reading.files import METADATA
from x2c_evaluation.errors import EvaluationError
from x2c_evaluation.offline.recording.evaluate import EvaluationJob
from x2c_evaluation.offline.results.layout import (
    FINGERPRINT,
    FRAMES,
    MARKER,
    PAGE,
    RECORDINGS,
    REPORT,
    RESULT,
)
from x2c_evaluation.offline.sources.choice import names_source

_MARK = "Results of 'x2c evaluate', which replaces and removes what is of it in this folder.\n"


def claim(folder: Path, jobs: Sequence[EvaluationJob]) -> None:
    """Make a folder for results, or take the one of an earlier evaluation.

    Args:
        folder: Made where there is none.
        jobs: Jobs whose results go to it.

    Raises:
        EvaluationError: It cannot be written, or results would replace what is not of an
            evaluation, or is to be read.
    """
    _refuse_files_of_others(folder, jobs)
    for job in jobs:
        for what, path in (("recording", job.source), ("reference", job.against)):
            if path and not names_source(path):
                _refuse_overlap(folder, what, path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # First of all, so that what a killed run leaves is known again.
        (folder / MARKER).write_text(_MARK, encoding="utf-8")
        for part in (FRAMES, RECORDINGS):
            (folder / part).mkdir(exist_ok=True)
    except OSError as error:
        raise EvaluationError(f"cannot write to {folder}: {error.strerror}") from error


def is_ours(folder: Path) -> bool:
    """Return whether a recording's folder is of an evaluation, or holds nothing at all."""
    if folder.is_symlink() or not folder.is_dir():
        return False
    held = {one.name for one in folder.iterdir()}
    return not held or bool(held & {FINGERPRINT, RESULT})


def files_of(folder: Path) -> Iterator[Path]:
    """Yield the files below a recording's folder, without what evaluations left in there."""
    for place, folders, names in os.walk(folder):
        here = Path(place)
        folders[:] = [one for one in folders if not (here / one / MARKER).is_file()]
        yield from (here / name for name in names)


def _refuse_files_of_others(folder: Path, jobs: Sequence[EvaluationJob]) -> None:
    if not (folder / MARKER).is_file():
        there = [one for one in (FRAMES, RECORDINGS, REPORT, PAGE) if _exists(folder / one)]
        if there:
            raise EvaluationError(
                f"{folder} holds {' and '.join(there)}, but is no folder of an evaluation "
                f"({MARKER} is missing): choose another --out, so that nothing of yours is "
                "replaced or removed"
            )
        return
    for job in jobs:
        mine = folder / RECORDINGS / job.name
        if _exists(mine) and not is_ours(mine):
            raise EvaluationError(
                f"{mine} is not of an evaluation, but its results would replace it: choose "
                "another --out"
            )


def _refuse_overlap(folder: Path, what: str, path: str) -> None:
    results, read = folder.resolve(), Path(path).expanduser().resolve()
    if read.name == METADATA:
        read = read.parent
    # Results in a folder of their own below the recording do no harm.
    in_the_way = read == results or any(
        read.is_relative_to(results / one) for one in (FRAMES, RECORDINGS)
    )
    if in_the_way:
        raise EvaluationError(
            f"the {what} {path} is where the results would go, in {folder}: choose another "
            f"--out, for example {folder / 'evaluation'}"
        )


def _exists(path: Path) -> bool:
    return path.exists() or path.is_symlink()
