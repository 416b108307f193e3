# SPDX-License-Identifier: Apache-2.0
"""Evaluations as data frames of pandas, for notebooks and other programs."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from x2c_core.control_space import controls
from x2c_core.errors import TableError
from x2c_core.face.frames import ControlState, FaceState
from x2c_core.system.optional_modules import how_to_install
from x2c_datasets.formats.parquet_columns import integers, read_columns
from x2c_evaluation.errors import EvaluationError
from x2c_evaluation.offline.engines import Processes
from x2c_evaluation.offline.recording.job import EvaluationJob, check
from x2c_evaluation.offline.results.comparison import read_side
from x2c_evaluation.offline.results.layout import FRAMES
from x2c_evaluation.offline.results.metrics import METRICS
from x2c_evaluation.offline.results.result import EvaluationReport
from x2c_evaluation.offline.run import run, unique_names
from x2c_evaluation.pipeline.neutral_source import NeutralSource
from x2c_evaluation.pipeline.settings import make_settings

_STATES = {"face_state": FaceState, "control_state": ControlState}


class _Silent:
    """Observer of an evaluation that shows nothing."""

    def kept(self, place: int) -> None:
        """Take note of nothing."""

    def worked(self, place: int, frames: int) -> None:
        """Take note of nothing."""

    def done(self, place: int, seconds: float) -> None:
        """Take note of nothing."""


class EvaluationTables:
    """An evaluation as tables.

    Attributes:
        folder: Folder of the evaluation.
        report: All figures, as in report.json.

    Args:
        folder: Folder that 'x2c evaluate' wrote, or its report.json.

    Raises:
        EvaluationError: It is no evaluation, or pandas is not installed.
    """

    def __init__(self, folder: Path | str) -> None:
        self._pandas = _pandas()
        side = read_side(Path(folder).expanduser())
        self.folder: Path = side.folder
        self.report: EvaluationReport = side.report

    @property
    def recordings(self) -> Any:
        """Data frame of the recordings: index `recording`, a column for each metric.

        Besides the metrics of docs/evaluation.md it has `failed`, the reason why a recording
        could not be evaluated, `source` and `kind`. Metrics that are not known are NaN.
        """
        rows = {
            one.name: {
                "source": one.source.name,
                "kind": one.source.kind,
                "failed": one.failed,
                **{name: metric.of(one) for name, metric in METRICS.items()},
            }
            for one in self.report.recordings
        }
        table = self._pandas.DataFrame.from_dict(rows, orient="index")
        return table.astype(dict.fromkeys(METRICS, float)).rename_axis("recording")

    def frames(self, *recordings: str) -> Any:
        """Return the frames: one row each, with control values and descriptors.

        The columns are those of frames/NAME.parquet; states are categories by name.

        Args:
            recordings: Names of recordings; none for all.

        Raises:
            EvaluationError: There is no such recording, it has no frames, or they cannot be read.
        """
        known = {one.stem: one for one in sorted((self.folder / FRAMES).glob("*.parquet"))}
        for name in recordings:
            if name not in known:
                raise EvaluationError(
                    f"{self.folder} has no frames of {name!r}; it has: "
                    f"{', '.join(known) or 'none'}"
                )
        tables = [_frames(known[name]) for name in recordings or known]
        if not tables:
            raise EvaluationError(f"{self.folder} has no frames: no recording could be evaluated")
        # Categories of single recordings do not add up; those of all do.
        names = self._pandas.CategoricalDtype(list(recordings or known))
        whole = self._pandas.concat(
            [table.assign(recording=table["recording"].astype(names)) for table in tables],
            ignore_index=True,
        )
        for column, states in _STATES.items():
            by_number = {int(one): one.name.lower() for one in states}
            dtype = self._pandas.CategoricalDtype(list(by_number.values()))
            whole[column] = whole[column].map(by_number).astype(dtype)
        return whole

    @property
    def control_errors(self) -> Any:
        """Data frame of control errors, one row for each recording, reference and control."""
        rows = [
            {
                "recording": one.name,
                "reference": reference,
                "group": str(control.group),
                "control": control.name,
                "error": errors.controls.get(control.name),
            }
            for one in self.report.recordings
            if one.figures is not None
            for reference, errors in one.figures.errors.items()
            if errors is not None
            for control in controls.CONTROLS
        ]
        columns = ["recording", "reference", "group", "control", "error"]
        return self._pandas.DataFrame(rows, columns=columns).astype({"error": float})

    @property
    def moments(self) -> Any:
        """Data frame of the moments that matter most; clip and images are file names."""
        columns = ["recording", "time", "frame", "error", "reference", "worst"]
        files = ["person_image", "robot_image", "reference_image", "clip"]
        rows = [
            {
                "recording": one.name,
                "time": moment.time_s,
                "frame": moment.frame,
                "error": moment.error,
                "reference": moment.reference,
                "worst": moment.worst[0][0] if moment.worst else "",
                **{f"{who}_image": name for who, name in moment.images.items()},
                "clip": moment.clip,
            }
            for one in self.report.recordings
            if one.figures is not None
            for moment in one.figures.moments
        ]
        return self._pandas.DataFrame(rows, columns=[*columns, *files])

    def _repr_html_(self) -> str:
        """Return the table of recordings, as notebooks show it."""
        return str(self.recordings.dropna(axis="columns", how="all")._repr_html_())


def open_evaluation(folder: Path | str) -> EvaluationTables:
    """Return the tables of an evaluation.

    Args:
        folder: Folder that 'x2c evaluate' wrote, or its report.json.

    Raises:
        EvaluationError: It is no evaluation, or pandas is not installed.
    """
    return EvaluationTables(folder)


def evaluate(
    recordings: Sequence[Path | str] | Path | str,
    out: Path | str,
    *,
    robot: str = "",
    backend: str = "",
    options: Mapping[str, Any] = MappingProxyType({}),
    params: Path | str | None = None,
    against: Path | str = "",
    topic: str = "",
    calibration: str = "auto",
    fidelity: bool = False,
    clips: int = 0,
    jobs: int = 1,
) -> EvaluationTables:
    """Evaluate recordings as 'x2c evaluate' does, and return the tables.

    What was evaluated before with the same of everything is kept.

    Args:
        recordings: A bag, video, folder of images or data set, or several of them.
        out: Folder for the results.
        robot: Name or folder of the robot; empty for the virtual one.
        backend: Imitation backend; empty for the solver.
        options: Options of the backend by name.
        params: Parameter file of the nodes.
        against: Bag, CSV file or earlier evaluation to compare with.
        topic: Image topic, where a bag has several.
        calibration: Source of the neutral face: auto, live, before or recorded.
        fidelity: Whether the virtual face imitates too, and is compared with the person.
        clips: Most video clips of a recording.
        jobs: Number of processes.

    Raises:
        X2CError: Something cannot be used.
        EvaluationError: None of the recordings could be evaluated; the text says why.
    """
    _pandas()
    given = [recordings] if isinstance(recordings, str | Path) else recordings
    sources = [os.fspath(one) for one in given]
    texts = {name: str(value) for name, value in options.items()}
    file = None if params is None else Path(params).expanduser()
    folder = Path(out).expanduser()
    settings = make_settings(robot, backend, file, NeutralSource(calibration), fidelity, texts)
    plain = EvaluationJob("", "", settings, topic, os.fspath(against), clips)
    every = [
        dataclasses.replace(plain, name=name, source=source)
        for name, source in zip(unique_names(sources), sources, strict=True)
    ]
    for job in every:
        check(job)
    found = run(every, folder, Processes(max(jobs, 1)), _Silent())
    if not found.written or len(found.failed) == len(every):
        reasons = "; ".join(f"{one.name}: {one.failed}" for one in found.failed)
        raise EvaluationError(f"no recording could be evaluated: {reasons}")
    return EvaluationTables(folder)


def _frames(path: Path) -> Any:
    """Return the data frame in a file.

    Raises:
        EvaluationError: It cannot be read, or lacks the states.
    """
    try:
        table = read_columns(path)
        for column in _STATES:
            integers(table, column)
    except TableError as error:
        raise EvaluationError(f"{path}: {error}") from error
    return table.to_pandas()


def _pandas() -> Any:
    try:
        import pandas
    except ImportError as error:
        raise EvaluationError(
            f"data frames need pandas, which is not installed ({error}): "
            f"{how_to_install('pandas')}"
        ) from error
    return pandas
