# SPDX-License-Identifier: Apache-2.0
"""Turn the recording of a run into report.json, report.png, imitation.mp4 and its poster."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from rich.console import Console

from x2c_bags.errors import BagError
from x2c_bags.frames.recorded_run import (
    ControlStream,
    Joints,
    RecordedRun,
    Stream,
    read_recorded_run,
)
from x2c_bags.reading.bag_reader import BagReader
from x2c_bags.recorder import BAG
from x2c_bags.schema.topics import Part
from x2c_core.control_space import controls, controls_table
from x2c_core.errors import RobotError, VideoError
from x2c_core.printable import printable
from x2c_core.robot.robot_file import load_robot
from x2c_core.system.versions import versions
from x2c_core.terminal.progress import ProgressDisplay
from x2c_evaluation.run_report import report_figure, video
from x2c_evaluation.run_report.report import Report, RunContext, make_report, to_json
from x2c_node.robots import find_robot
from x2c_virtual_face.errors import VirtualFaceError

if TYPE_CHECKING:
    from x2c_evaluation.run_report.redrawing import RobotRedrawing

REPORT = "report.json"

_VIRTUAL_FACE = "virtual_face_node"


def write_results(out: Path, context: RunContext, console: Console) -> Report:
    """Write everything that a run leaves behind besides its recording.

    What cannot be made is left out, and the report says so; it is written first, so that it is
    there even if this is cut short. Ctrl-C ends the video early.

    Args:
        out: Folder with the recording; the results are written there.
        context: Facts of the run that are not in the bag.
        console: Shows the progress.
    """
    results = _Results(out)
    for name in (REPORT, report_figure.FILE_NAME, video.FILE_NAME, video.POSTER):
        results.attempt(f"an earlier {name}", functools.partial(_remove, out / name))
    reader, recorded_run = None, _empty_run()
    try:
        reader = BagReader(out / BAG)
        recorded_run = read_recorded_run(reader)
    except (BagError, OSError) as error:
        recorded_run = dataclasses.replace(recorded_run, issues=(str(error),))
    report = make_report(recorded_run, context, versions())
    results.save(report)
    path = out / report_figure.FILE_NAME
    results.attempt(path.name, lambda: report_figure.write_figure(report, recorded_run, path))
    if reader is not None:
        results.attempt(
            video.FILE_NAME, lambda: _write_video(out, reader, recorded_run, context, console)
        )
    return results.save(report)


class _Results:
    def __init__(self, out: Path) -> None:
        self._out = out
        self._problems: list[str] = []

    def attempt(self, what: str, make: Callable[[], object]) -> None:
        """Make something; a problem with it is remembered."""
        try:
            make()
        except VideoError as error:
            self._problems.append(f"{what}: {error}.")
        except KeyboardInterrupt:
            self._problems.append(f"{what} was cut short by Ctrl-C.")
        except Exception as error:
            self._problems.append(f"{what} could not be made: {error!r}.")

    def save(self, report: Report) -> Report:
        """Write the report with all problems so far and what files there are; return it."""
        names = (
            *(BAG, controls_table.FILE_NAME, REPORT),
            *(report_figure.FILE_NAME, video.FILE_NAME, video.POSTER),
        )
        files = tuple(one for one in names if one == REPORT or (self._out / one).exists())
        whole = self._with_problems(dataclasses.replace(report, files=files))
        self.attempt(REPORT, lambda: self._write(to_json(whole)))
        return self._with_problems(dataclasses.replace(report, files=files))

    def _with_problems(self, report: Report) -> Report:
        return dataclasses.replace(report, warnings=(*report.warnings, *self._problems))

    def _write(self, text: str) -> None:
        self._out.mkdir(parents=True, exist_ok=True)
        partial = self._out / f"{REPORT}.partial"
        partial.write_text(printable(text), encoding="utf-8")
        partial.replace(self._out / REPORT)


def _write_video(
    out: Path, reader: BagReader, recorded_run: RecordedRun, context: RunContext, console: Console
) -> None:
    subtitle = f"{Path(context.source).name} to {context.robot}, {context.backend}"
    with ExitStack() as stack:
        progress = stack.enter_context(ProgressDisplay(console))
        total = len(recorded_run.streams[Part.CAMERA_IMAGE])
        bar = progress.add(f"Writing {video.FILE_NAME}", total)
        redrawing = _redrawing(recorded_run, context)
        video.write_video(
            *(reader, out / video.FILE_NAME, "X2C imitation", subtitle),
            lambda done: progress.update(bar, done),
            stack.enter_context(redrawing).image if redrawing is not None else None,
        )


def _redrawing(recorded_run: RecordedRun, context: RunContext) -> RobotRedrawing | None:
    """Return what draws the robot again; None where its images are not of the virtual face."""
    if not any(name.rpartition("/")[2] == _VIRTUAL_FACE for name in recorded_run.nodes):
        return None
    # Only now: MuJoCo looks for its OpenGL library when it is imported.
    from x2c_evaluation.run_report.redrawing import RobotRedrawing

    try:
        return RobotRedrawing(load_robot(find_robot(context.robot)))
    except (RobotError, VirtualFaceError):
        # Its folder may have been changed since; the recorded images can still be shown.
        return None


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)


def _empty_run() -> RecordedRun:
    nothing = np.empty(0, dtype=np.int64)
    no_joints = Joints((), np.empty((0, 0)))
    no_controls = ControlStream(Stream(nothing, nothing), np.empty((0, controls.COUNT)), nothing)
    return RecordedRun(
        streams={part: Stream(nothing, nothing) for part in Part},
        face_states=nothing,
        controls=no_controls.values,
        control_states=nothing,
        shown=no_controls,
        commands=no_joints,
        joint_states=no_joints,
        nodes={},
    )
