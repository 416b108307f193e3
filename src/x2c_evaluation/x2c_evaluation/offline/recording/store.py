# SPDX-License-Identifier: Apache-2.0
"""The folder of an evaluation: results of each recording, so that a killed run can be resumed.

It is a new folder, or an earlier evaluation's; files of the user are never replaced.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from x2c_bags.reading.files import METADATA
from x2c_core.files.bounded_json import load_json_file
from x2c_core.files.input_limits import TEXT_BYTES
from x2c_core.files.regular_files import read_text
from x2c_core.printable import printable
from x2c_evaluation.errors import EvaluationError
from x2c_evaluation.offline.recording.job import EvaluationJob, EvaluationOutcome
from x2c_evaluation.offline.results.layout import (
    FINGERPRINT,
    FRAMES,
    MARKER,
    PAGE,
    RECORDINGS,
    REPORT,
    RESULT,
    SOURCE,
)
from x2c_evaluation.offline.results.result import RecordingResult
from x2c_evaluation.offline.sources.choice import path_of, with_absolute_path
from x2c_evaluation.pipeline.frame_curves import FrameCurves, read_curves

_MARK = "Results of 'x2c evaluate', which replaces and removes what is of it in this folder.\n"


_UNFINISHED = ".unfinished"


class ResultsStore:
    """The folder of an evaluation.

    Args:
        folder: Made where there is none.
        jobs: Jobs whose results it holds.

    Raises:
        EvaluationError: It cannot be written, or something of the user's is in the way.
    """

    def __init__(self, folder: Path, jobs: Sequence[EvaluationJob]) -> None:
        self.folder = folder
        _claim(folder, jobs)

    def recording(self, name: str) -> Path:
        """Return a recording's folder."""
        return self.folder / RECORDINGS / name

    def has(self, job: EvaluationJob, settings: str) -> bool:
        """Return whether a recording was evaluated with the same of everything, to its end."""
        try:
            kept = read_text(self.recording(job.name) / FINGERPRINT, TEXT_BYTES)
            there = (self.recording(job.name) / RESULT).is_file()
        except (OSError, ValueError):
            return False
        return there and kept == fingerprint(job, settings)

    def keep(self, job: EvaluationJob, outcome: EvaluationOutcome, settings: str) -> None:
        """Write what was found in a recording; the last file written says that it is complete.

        Raises:
            EvaluationError: It cannot be written.
        """
        folder = self.recording(job.name)
        try:
            self._forget(job.name)
            folder.mkdir()
            # This one first: by it the folder is known as ours, whenever this is killed.
            (folder / RESULT).write_text(
                printable(as_text(outcome.result.to_json())), encoding="utf-8"
            )
            if outcome.frames:
                self._table(job.name).write_bytes(outcome.frames)
            for name, data in outcome.images.items():
                (folder / name).write_bytes(data)
            (folder / SOURCE).write_bytes(os.fsencode(with_absolute_path(job.source)))
            (folder / FINGERPRINT).write_text(fingerprint(job, settings), encoding="utf-8")
        except OSError as error:
            raise EvaluationError(
                f"cannot write to {folder}: {error.strerror or error}; make room, then the same "
                "command goes on"
            ) from error

    def result(self, name: str) -> RecordingResult:
        """Return a recording's figures.

        Raises:
            EvaluationError: They cannot be read.
        """
        path = self.recording(name) / RESULT
        try:
            return RecordingResult.from_json(load_json_file(path))
        except (OSError, ValueError) as error:
            raise EvaluationError(f"cannot read {path}: {error}") from error

    def curves(self, name: str) -> FrameCurves | None:
        """Return the frames of a recording; None where there are none.

        Raises:
            EvaluationError: They cannot be read.
        """
        path = self._table(name)
        return read_curves(path) if path.is_file() else None

    def image(self, name: str, file: str) -> bytes:
        """Return an image or clip of a recording; empty where it is gone."""
        path = self.recording(name) / file
        return path.read_bytes() if path.is_file() else b""

    def forget_others(self, names: list[str]) -> None:
        """Remove what an earlier evaluation in this folder left of other recordings.

        Raises:
            EvaluationError: It cannot be removed.
        """
        for folder in list((self.folder / RECORDINGS).iterdir()):
            if folder.name not in names and _is_ours(folder):
                try:
                    self._forget(folder.name)
                except OSError as error:
                    raise EvaluationError(
                        f"cannot remove {folder}: {error.strerror or error}"
                    ) from error

    def unfinished(self, jobs: Sequence[EvaluationJob]) -> ResultsStore:
        """Return the store, in this folder, of an evaluation that is not complete yet.

        Args:
            jobs: Jobs whose results it holds.

        Raises:
            EvaluationError: It cannot be written.
        """
        return ResultsStore(self.folder / _UNFINISHED, jobs)

    def take(self, name: str, other: ResultsStore) -> None:
        """Move a recording's result here from another store, in place of an earlier one.

        Raises:
            EvaluationError: It cannot be moved.
        """
        try:
            self._forget(name)
            if (table := other._table(name)).exists():
                table.rename(self._table(name))
            other.recording(name).rename(self.recording(name))
        except OSError as error:
            raise EvaluationError(
                f"cannot write to {self.recording(name)}: {error.strerror or error}"
            ) from error

    def remove(self) -> None:
        """Remove the store."""
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def is_complete(self) -> bool:
        """True if it holds an evaluation that has come to its end."""
        return (self.folder / REPORT).is_file()

    def _forget(self, name: str) -> None:
        folder = self.recording(name)
        if not folder.exists():
            return
        # Whenever this is killed, the recording is not kept, and its folder is known as ours.
        (folder / FINGERPRINT).unlink(missing_ok=True)
        self._table(name).unlink(missing_ok=True)
        for one in folder.iterdir():
            if one.is_dir() and not one.is_symlink():
                shutil.rmtree(one)
            elif one.name != RESULT:
                one.unlink()
        (folder / RESULT).unlink(missing_ok=True)
        folder.rmdir()

    def _table(self, name: str) -> Path:
        return self.folder / FRAMES / f"{name}.parquet"

    def write(self, name: str, text: str) -> None:
        """Write a file of the whole evaluation; it is replaced at once, or stays as it was.

        Raises:
            EvaluationError: It cannot be written.
        """
        partial = self.folder / f"{name}.partial"
        try:
            partial.parent.mkdir(parents=True, exist_ok=True)
            partial.write_text(printable(text), encoding="utf-8")
            partial.replace(self.folder / name)
        except OSError as error:
            raise EvaluationError(
                f"cannot write {self.folder / name}: {error.strerror or error}"
            ) from error


def as_text(content: Any) -> str:
    """Return figures as JSON, the same text for the same figures."""
    return json.dumps(content, indent=1, allow_nan=False, ensure_ascii=False) + "\n"


def fingerprint(job: EvaluationJob, settings: str) -> str:
    """Return a text that changes with a recording, what it is compared with, and the settings."""
    digest = hashlib.sha256(
        f"{settings}\n{job.name}\n{job.topic}\n{job.clips}\n".encode(errors="surrogateescape")
    )
    for text, path in ((job.source, path_of(job.source)), (job.against, job.against)):
        if not text:
            continue
        state = _state(Path(path).expanduser()) if path else []
        digest.update(f"{text}\n{state}\n".encode(errors="surrogateescape"))
    return digest.hexdigest()


def _state(path: Path) -> list[tuple[str, int, int]]:
    """Return names, sizes and times of change of a file, or of those in a folder."""
    if path.is_file():
        files = [path]
        if path.name == METADATA:
            files = [*path.parent.iterdir()]
    elif path.is_dir():
        files = list(_files_of(path))
    else:
        return []
    states = [(one.name, one.stat()) for one in sorted(files) if one.is_file()]
    return [(name, state.st_size, state.st_mtime_ns) for name, state in states]


def _claim(folder: Path, jobs: Sequence[EvaluationJob]) -> None:
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
        for what, path in (("recording", path_of(job.source)), ("reference", job.against)):
            if path:
                _refuse_overlap(folder, what, path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # First of all, so that what a killed run leaves is known again.
        (folder / MARKER).write_text(_MARK, encoding="utf-8")
        for part in (FRAMES, RECORDINGS):
            (folder / part).mkdir(exist_ok=True)
    except OSError as error:
        raise EvaluationError(f"cannot write to {folder}: {error.strerror}") from error


def _is_ours(folder: Path) -> bool:
    """Return whether a recording's folder is of an evaluation, or holds nothing at all."""
    if folder.is_symlink() or not folder.is_dir():
        return False
    held = {one.name for one in folder.iterdir()}
    return not held or bool(held & {FINGERPRINT, RESULT})


def _files_of(folder: Path) -> Iterator[Path]:
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
        if _exists(mine) and not _is_ours(mine):
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
