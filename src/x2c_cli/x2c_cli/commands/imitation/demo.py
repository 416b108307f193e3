# SPDX-License-Identifier: Apache-2.0
"""Imitate, and save a video, a table of controls, a bag and a report.

It ends with the video, or on Ctrl-C. Results of an earlier run in the same folder are replaced at
the end, and only by a run that did not fail; what a failed run recorded goes to FOLDER/failed. The
exit status is 1 if there was no image or no face, and 2 if a node refused to start.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING

from x2c_cli.commands.imitation.neutral import neutral_file
from x2c_cli.commands.imitation.source import add_graph_arguments, graph_options
from x2c_core.words import among_all

if TYPE_CHECKING:
    from rich.console import Console

    from x2c_bringup.run.composed_run import ComposedRun
    from x2c_core.files.results import ResultsFolder
    from x2c_evaluation.run_report.report import Report

_PERFORMER = "performer"
_FAILED = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--out",
        metavar="FOLDER",
        type=Path,
        default=Path("out/demo"),
        help="folder for the results",
    )
    add_graph_arguments(
        parser, without_source="without --video and --camera: the built-in performer"
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    from rich.console import Console

    from x2c_bringup.errors import NoImageError
    from x2c_cli import output_folder
    from x2c_cli.camera_advice import check_camera, in_terms_of_options
    from x2c_cli.inputs import check_recording
    from x2c_core.files.results import ResultsFolder

    if not arguments.camera:
        arguments.video = arguments.video or _PERFORMER
    if arguments.video:
        check_recording(arguments.video)
    out: Path = arguments.out
    output_folder.check(out, arguments.video)
    try:
        check_camera(arguments)
    except NoImageError as error:
        _error(str(error))
        return _FAILED
    console = Console()
    with (
        ResultsFolder(out, output_folder.RESULTS) as results,
        output_folder.left_after_interruption(results, console),
    ):
        for folder in results.left_behind:
            _note(f"{folder} is of a run that was killed: delete it, or keep it", console)
        console.print(f"Imitating {_source(arguments)}; Ctrl-C ends it.", markup=False)
        try:
            return _imitate(arguments, results, console)
        except NoImageError as error:
            _error(in_terms_of_options(error, arguments))
            return _FAILED


def _imitate(arguments: argparse.Namespace, results: ResultsFolder, console: Console) -> int:
    from x2c_bringup.errors import NoImageError
    from x2c_bringup.run.composed_run import imitate
    from x2c_cli.output_folder import FAILED

    with neutral_file(arguments, console) as neutral:
        options = graph_options(arguments, record=str(results.work), neutral=neutral)
        composed_run = imitate(options, console, duration=arguments.duration, give_up=True)
    if not _images(composed_run):
        camera = composed_run.diagnoses["camera_node"]
        raise NoImageError(f"there was no image: {camera.message}")
    reason = _failure(composed_run)
    report = _write_results(arguments, results.work, composed_run, reason, console)
    missing = [name for name in results.names if not (results.work / name).exists()]
    if missing and not reason:
        reason = f"the results are not complete: there is no {', '.join(missing)}"
    _print(report, console)
    if not reason:
        results.keep()
        _say(f"Results in {results.folder}: {', '.join(report.files)}", console)
        return 0
    aside = results.set_aside(FAILED)
    _say(f"Results of this failed run: {aside}; earlier results are as they were.", console)
    _error(reason)
    return _FAILED


def _source(arguments: argparse.Namespace) -> str:
    if arguments.video == _PERFORMER:
        return "the built-in performer"
    return str(arguments.video) or f"camera {arguments.camera}"


def _images(composed_run: ComposedRun) -> int:
    """Return the number of images that the camera sent."""
    from x2c_bringup.run.live_line import number

    total = number(composed_run.diagnoses["camera_node"], "image total")
    return 0 if math.isnan(total) else round(total)


def _failure(composed_run: ComposedRun) -> str:
    from x2c_bringup.run.live_line import number

    # A number that is none says that nothing has been counted.
    if not number(composed_run.diagnoses["face_tracker_node"], "face total") > 0:
        return f"no face was found in {among_all(_images(composed_run), 'image')}"
    return "; ".join(f"{name} {fault}" for name, fault in composed_run.faults.items())


def _write_results(
    arguments: argparse.Namespace,
    folder: Path,
    composed_run: ComposedRun,
    reason: str,
    console: Console,
) -> Report:
    # Only now: matplotlib and the video's codec would take memory from the nodes.
    from x2c_evaluation.run_report.demo_summary import write_results
    from x2c_evaluation.run_report.report import RunContext

    ended = "end of file" if composed_run.finished else "stopped by the user"
    said = composed_run.diagnoses["imitation_node"].values
    context = RunContext(
        robot=said.get("robot", arguments.robot or "as in the parameter file"),
        backend=said.get("backend", arguments.backend or "as in the parameter file"),
        source=_source(arguments),
        exit_reason=reason or ended,
        failed=bool(reason),
        counters={"images_sent": _images(composed_run)},
    )
    return write_results(folder, context, console)


def _print(report: Report, console: Console) -> None:
    from rich.table import Table

    from x2c_core.terminal.tables import folded

    table = Table.grid(padding=(0, 2))
    share = f" ({report.face_share:.1%})" if report.face_share is not None else ""
    table.add_row("frames", f"{report.frames_in} in {report.duration_s:.1f} s")
    table.add_row("faces found", f"{report.faces_found} of {report.frames_examined}{share}")
    table.add_row("control messages", str(report.control_messages))
    for stage, spread in report.latency_ms.items():
        if spread is not None:
            figures = f"p50 {spread.p50:.1f}, p99 {spread.p99:.1f}, max {spread.max:.1f}"
            table.add_row(f"latency {stage} [ms]", figures)
    console.print(folded(table))
    for warning in report.warnings:
        _note(warning, console)


def _note(text: str, console: Console) -> None:
    _say(f"note: {text}", console)


def _say(text: str, console: Console) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def _error(text: str) -> None:
    from rich.console import Console

    Console(stderr=True).print(f"error: {text}", markup=False, highlight=False, soft_wrap=True)
