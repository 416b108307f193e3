# SPDX-License-Identifier: Apache-2.0
"""Imitate, and save a video, a table of controls, a bag and a report.

It ends with the video, or on Ctrl-C. Results of an earlier run in the same folder are replaced.
The exit status is 1 if there was no image or no face, and 2 if a node refused to start.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from x2c_cli.commands.imitation.source import add_graph_arguments, graph_options

if TYPE_CHECKING:
    from rich.console import Console

    from x2c_bringup.run.composed_run import ComposedRun
    from x2c_evaluation.run_report.report import Report

_PERFORMER = "performer"


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

    from x2c_bringup.errors import ConfigureError, NoImageError
    from x2c_bringup.run.composed_run import imitate
    from x2c_cli import output_folder

    if not arguments.camera:
        arguments.video = arguments.video or _PERFORMER
    out: Path = arguments.out
    output_folder.prepare(out, arguments.video)
    console = Console()
    console.print(f"Imitating {_source(arguments)}; Ctrl-C ends it.")
    status, composed_run = 0, None
    options = graph_options(arguments, record=str(out))
    try:
        composed_run = imitate(options, console, duration=arguments.duration, give_up=True)
        reason = _failure(composed_run)
        status = 1 if reason else 0
    except NoImageError as error:
        reason, status = str(error), 1
    except ConfigureError as error:
        reason, status = str(error), 2
    report = _write_results(arguments, composed_run, reason, console)
    _print(report, out, console)
    if reason:
        Console(stderr=True).print(f"error: {reason}", markup=False, soft_wrap=True)
    return status


def _source(arguments: argparse.Namespace) -> str:
    if arguments.video == _PERFORMER:
        return "the built-in performer"
    return str(arguments.video) or f"camera {arguments.camera}"


def _failure(composed_run: ComposedRun) -> str:
    from x2c_bringup.run.live_line import number

    images = number(composed_run.diagnoses["camera_node"], "image total")
    faces = number(composed_run.diagnoses["face_tracker_node"], "face total")
    camera = composed_run.diagnoses["camera_node"].message
    # A number that is none says that nothing has been counted.
    if not images > 0:
        return f"there was no image: {camera}"
    if not faces > 0:
        return f"no face was found in any of {images:.0f} images"
    return "; ".join(f"{name} {fault}" for name, fault in composed_run.faults.items())


def _write_results(
    arguments: argparse.Namespace, composed_run: ComposedRun | None, reason: str, console: Console
) -> Report:
    # Only now: matplotlib and the video's codec would take memory from the nodes.
    from x2c_bringup.run.live_line import number
    from x2c_evaluation.run_report.demo_summary import write_results
    from x2c_evaluation.run_report.report import RunContext

    ended = (
        "end of file"
        if composed_run is not None and composed_run.finished
        else "stopped by the user"
    )
    said = (
        dict(composed_run.diagnoses["imitation_node"].values) if composed_run is not None else {}
    )
    counters = {}
    if composed_run is not None:
        sent = number(composed_run.diagnoses["camera_node"], "image total")
        counters["images_sent"] = int(sent) if sent > 0 else 0
    context = RunContext(
        robot=said.get("robot", arguments.robot or "as in the parameter file"),
        backend=said.get("backend", arguments.backend or "as in the parameter file"),
        source=_source(arguments),
        exit_reason=reason or ended,
        failed=bool(reason),
        counters=counters,
    )
    return write_results(arguments.out, context, console)


def _print(report: Report, out: Path, console: Console) -> None:
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    share = f" ({report.face_share:.1%})" if report.face_share is not None else ""
    table.add_row("frames", f"{report.frames_in} in {report.duration_s:.1f} s")
    table.add_row("faces found", f"{report.faces_found} of {report.frames_examined}{share}")
    table.add_row("control messages", str(report.control_messages))
    for stage, spread in report.latency_ms.items():
        if spread is not None:
            figures = f"p50 {spread.p50:.1f}, p99 {spread.p99:.1f}, max {spread.max:.1f}"
            table.add_row(f"latency {stage} [ms]", figures)
    console.print(table)
    for warning in report.warnings:
        console.print(f"note: {warning}", markup=False, highlight=False, soft_wrap=True)
    console.print(f"Results in {out}: {', '.join(report.files)}", markup=False, soft_wrap=True)
