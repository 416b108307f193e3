# SPDX-License-Identifier: Apache-2.0
"""Measure speed and memory of the whole graph, on the built-in performer (640x480) or a video.

Latency is the time from the camera's stamp to the first joint command for the image, as
actuation_node measures it after sending the command. Jitter is the lateness of the commands that
it sends at the motor rate. Run nothing else on this machine meanwhile: the column 'load' shows how
many processes wanted a core, ours included.

Without a limit, images come faster than they can be used, and sending them takes processor time
from using them; 120/s is the rate of a fast camera.

With --against, the present commit and another revision are checked out and installed, each in a
folder of its own, and measured in turn on the same video: the graph, the time until the first
joint command, and an evaluation. The table shows the lowest value, the median, and the ratios of
both.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from x2c_cli.commands.imitation.source import seconds

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from x2c_cli.bench.run import Result


_WIDTH = 140


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--out",
        metavar="FILE",
        type=Path,
        default=Path("out/bench.json"),
        help="file for the figures",
    )
    parser.add_argument(
        "--video", metavar="V", default="performer", help="video to imitate, in a loop"
    )
    parser.add_argument(
        "--seconds", metavar="S", type=seconds, default=12.0, help="duration of each measurement"
    )
    parser.add_argument(
        "--backend", metavar="B", default="", help="imitation backend (default: solver)"
    )
    parser.add_argument(
        "--params", metavar="FILE", type=Path, help="YAML file with parameters of the nodes"
    )
    parser.add_argument(
        "--no-face", action="store_true", help="without the virtual face, as for a real robot"
    )
    only = parser.add_mutually_exclusive_group()
    only.add_argument(
        "--no-mixer",
        action="store_true",
        help="measure the cost of the mixer alone: with and without it, in turn, paced",
    )
    only.add_argument(
        "--page",
        action="store_true",
        help="measure the cost of the live page alone: no browser, one, ten slow ones, in turn",
    )
    only.add_argument(
        "--against",
        metavar="REV",
        default="",
        help="compare the present commit with a commit, tag or branch of the repository",
    )
    parser.add_argument(
        "--rounds",
        metavar="N",
        type=_at_least_one,
        default=3,
        help="with --against, --no-mixer or --page: measurements of each (default: %(default)s)",
    )
    parser.add_argument(
        "--checkouts",
        metavar="DIR",
        type=Path,
        help="with --against: folder for the checkouts, which are kept and used again "
        "(default: a temporary one)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    from rich.console import Console

    from x2c_cli.inputs import check_exists, check_recording
    from x2c_imitation.backends import DEFAULT_BACKEND, option_class

    check_recording(arguments.video)
    check_exists("parameter file", arguments.params)
    option_class(arguments.backend or DEFAULT_BACKEND)
    console = Console()
    if not console.is_terminal:
        # In a file, lines are better long than broken.
        console = Console(width=_WIDTH)
    if arguments.against:
        return _compare(arguments, console)
    if arguments.page:
        return _measure_page(arguments, console)
    return _measure(arguments, console)


def _measure(arguments: argparse.Namespace, console: Console) -> int:
    from x2c_bringup.graph.options import GraphOptions
    from x2c_cli.bench.isolated import measure_apart
    from x2c_cli.bench.report import NO_MIXER, limit, mixer_cost, write
    from x2c_cli.bench.run import Setting

    options = GraphOptions(
        filename=arguments.video,
        params_file=str(arguments.params or ""),
        backend=arguments.backend,
        face=not arguments.no_face,
        loop=True,
        log_level="error",
    )
    paced = [
        Setting("processes, paced", composed=False, paced=True, options=options),
        Setting("composed, paced", composed=True, paced=True, options=options),
    ]
    if arguments.no_mixer:
        without = dataclasses.replace(options, mixer=False)
        pairs = [
            (one, dataclasses.replace(one, name=one.name + NO_MIXER, options=without))
            for one in paced
        ]
        settings = [one for _ in range(arguments.rounds) for pair in pairs for one in pair]
    else:
        apart = dataclasses.replace(options, use_composition=False)
        settings = [
            *paced,
            Setting("processes apart, paced", composed=False, paced=True, options=apart),
            Setting("composed, 120/s", composed=True, paced=False, options=options, rate=120.0),
            Setting("composed, no limit", composed=True, paced=False, options=options),
        ]
    results = []
    for setting in settings:
        with console.status(f"measuring: {setting.name}"):
            results.append(measure_apart(setting, arguments.seconds))
    _print(results, console)
    if arguments.no_mixer:
        for line in mixer_cost(results):
            console.print(line, markup=False, highlight=False)
    else:
        _print_parts(results, console)
    console.print(limit(max(results, key=lambda result: result.answers)))
    write(arguments.out, arguments.video, results)
    console.print(f"Figures in {arguments.out}", markup=False)
    return 0


def _measure_page(arguments: argparse.Namespace, console: Console) -> int:
    import json

    from rich.table import Table

    from x2c_cli.bench.page_cost import measure_page, summary
    from x2c_core.files.results import replacing
    from x2c_core.terminal.tables import folded

    with console.status("starting the nodes") as status:
        results = measure_page(arguments.video, arguments.seconds, arguments.rounds, status.update)
    columns = ("p50 [ms]", "p99 [ms]", "answered/s", "cores of the nodes", "cores of the page")
    table = Table("medians", *columns)
    for row in summary(results):
        table.add_row(*row)
    console.print(folded(table))
    with replacing(arguments.out) as path:
        path.write_text(json.dumps([dataclasses.asdict(one) for one in results], indent=2))
    console.print(f"Figures in {arguments.out}", markup=False)
    return 0


def _compare(arguments: argparse.Namespace, console: Console) -> int:
    from x2c_cli.bench.against import compare
    from x2c_cli.bench.comparison import table_of, write

    done = compare(
        arguments.against,
        arguments.video,
        arguments.seconds,
        arguments.rounds,
        arguments.checkouts,
        lambda text: console.print(text, markup=False, highlight=False),
    )
    console.print(table_of(done))
    write(arguments.out, done)
    console.print(f"Figures in {arguments.out}", markup=False)
    return 0


def _at_least_one(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1, got {text!r}")
    return int(text)


def _print(results: Sequence[Result], console: Console) -> None:
    from rich.table import Table

    from x2c_core.terminal.tables import folded

    table = Table(
        "setting",
        "images/s",
        "answered/s",
        "commands/s",
        "p50 [ms]",
        "p99 [ms]",
        "jitter p99 [ms]",
        "cores",
        "load",
        "peak [MB]",
    )
    for column in table.columns[1:]:
        column.justify = "right"
    for result in results:
        largest = max(result.memory, key=lambda name: result.memory[name])
        table.add_row(
            result.name,
            f"{result.images:.1f}",
            f"{result.answers:.1f}",
            f"{result.commands:.1f}",
            f"{result.p50:.2f}",
            f"{result.p99:.1f}",
            f"{result.jitter:.2f}",
            f"{result.cores:.2f}",
            f"{result.load:.1f}",
            f"{result.memory[largest]:.0f} ({largest})",
        )
    console.print(folded(table))


def _print_parts(results: Sequence[Result], console: Console) -> None:
    parts = {
        "time of each step, median [ms]": [result.steps for result in results],
        "time since the camera's stamp, median [ms]": [one.since_camera for one in results],
        "peak memory [MB]": [result.memory for result in results],
    }
    for title, measured in parts.items():
        console.print(_part(title, [result.name for result in results], measured))
    console.print(f"torch imported: {'yes' if any(one.torch for one in results) else 'no'}")


def _part(title: str, settings: Sequence[str], measured: Sequence[Mapping[str, float]]) -> Table:
    from rich.table import Table

    from x2c_core.terminal.tables import folded

    table = Table(title, *settings)
    for column in table.columns[1:]:
        column.justify = "right"
    for name in dict.fromkeys(name for values in measured for name in values):
        texts = (format(values[name], ".1f") if name in values else "" for values in measured)
        table.add_row(name, *texts)
    return folded(table)
