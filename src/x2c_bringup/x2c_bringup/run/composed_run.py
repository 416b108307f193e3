# SPDX-License-Identifier: Apache-2.0
"""Run the composed graph for a user: a live line, an end with the file or on Ctrl-C."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from rich.console import Console

from x2c_bringup.checks.other_graph import refuse_held, refuse_second
from x2c_bringup.checks.preflight import check_graph
from x2c_bringup.checks.unheard import unheard
from x2c_bringup.errors import NoImageError
from x2c_bringup.graph.node_specs import NodeSpec, build_graph
from x2c_bringup.graph.options import GraphOptions
from x2c_bringup.run.composed import ComposedGraph, ros
from x2c_bringup.run.keyboard import Keyboard
from x2c_bringup.run.live_line import live_line, number
from x2c_bringup.run.processes import ProcessGraph
from x2c_bringup.run.terminal import LiveLine, errors_above
from x2c_bringup.run.watch import Watch
from x2c_node.diagnostics import Diagnosis, Level
from x2c_node.spinning.stopping import stop_on_signals

_REFRESH = 0.25
_UNDER_WAY = 0.5
"""Time for the last image of a file to pass through the graph [s]."""

_LAST_WORDS = 1.5
"""Time limit for processes to report their progress [s]."""

_PATIENCE = 10.0
"""Time limit for a camera that reports an error [s]."""


@dataclass(frozen=True)
class ComposedRun:
    """Result of a run.

    Attributes:
        finished: Whether a file came to its end, rather than being stopped.
        diagnoses: Last diagnostics of the nodes, by name.
        faults: Faults at the end of the nodes of this process, by name.
    """

    finished: bool
    diagnoses: Mapping[str, Diagnosis]
    faults: Mapping[str, str] = field(default_factory=dict)

    def tell_faults(self, console: Console) -> int:
        """Print what went wrong when the nodes ended.

        Args:
            console: Console to print to.

        Returns:
            The exit status of the command: 1 where there is something, or 0.
        """
        for name, fault in self.faults.items():
            console.print(f"note: {name} {fault}", markup=False, highlight=False, soft_wrap=True)
        return 1 if self.faults else 0


def imitate(
    options: GraphOptions,
    console: Console,
    *,
    duration: float = math.inf,
    give_up: bool = False,
    keys: bool = False,
) -> ComposedRun:
    """Run the graph until the file ends or the user stops it.

    Args:
        options: Options of the graph.
        console: For the live line.
        duration: Longest time to run [s].
        give_up: Whether a camera that cannot be had ends the run, rather than be waited for.
        keys: Whether keys of the terminal operate the nodes.

    Raises:
        ConfigureError: A node refused to start; the text says why.
        GraphError: A node could not start, or nodes of the same names run already.
        NoImageError: The camera could not be had; the text says why.
    """
    specs = build_graph(options)
    return run_here(specs, console, duration=duration, give_up=give_up, keys=keys)


def run_here(
    specs: Sequence[NodeSpec],
    console: Console,
    *,
    duration: float = math.inf,
    give_up: bool = False,
    keys: bool = False,
    line_of: Callable[[Mapping[str, Diagnosis], int], str] = live_line,
) -> ComposedRun:
    """Run nodes in this process until the first one has finished or the user stops it.

    Args:
        specs: Specifications of the nodes, each after those whose messages it takes.
        console: For the live line.
        duration: Longest time to run [s].
        give_up: Whether a camera that cannot be had ends the run, rather than be waited for.
        keys: Whether keys of the terminal operate the nodes.
        line_of: Makes the live line of what the nodes say, for a number of columns.

    Raises:
        ConfigureError: A node refused to start; the text says why.
        GraphError: A node could not start, or nodes of the same names run already.
        NoImageError: The camera could not be had; the text says why.
        ThreadError: A thread of the process has died or hangs.
    """
    # A refusal takes no time, and is said once.
    check_graph(specs)
    with stop_on_signals() as request, errors_above(console), LiveLine(console) as line:
        line.show("starting …")
        with ros(), ComposedGraph(specs) as graph:
            request.when_hurried(graph.hurry)
            graph.start()
            _tell_unheard(specs, console)
            with Keyboard(graph, console, enabled=keys) as keyboard:
                started = time.monotonic()
                while not (
                    request.wanted
                    or keyboard.end_wanted
                    or graph.finished
                    or time.monotonic() > started + duration
                ):
                    diagnoses = graph.diagnoses()
                    line.show(line_of(diagnoses, line.width))
                    keyboard.wait(_REFRESH)
                    if give_up and time.monotonic() > started + _PATIENCE:
                        _check_camera(diagnoses.get("camera_node"))
            finished = graph.finished
            if finished:
                time.sleep(_UNDER_WAY)
            diagnoses = graph.diagnoses()
    return ComposedRun(finished, diagnoses, graph.faults)


def run_apart(
    specs: Sequence[NodeSpec], console: Console, *, duration: float = math.inf
) -> ComposedRun:
    """Run nodes as processes until the first one has finished or the user stops it.

    Args:
        specs: Specifications of the nodes, each after those whose messages it takes.
        console: For the live line.
        duration: Longest time to run [s].

    Raises:
        ConfigureError: A node refused to start, or has ended; the text says why.
        GraphError: A node could not start, or nodes of the same names run already.
    """
    check_graph(specs)
    with stop_on_signals() as request, LiveLine(console) as line, ros():
        watch = Watch(specs)
        try:
            refuse_held(specs, watch.node.context.get_domain_id())
            refuse_second(specs, watch.node, ours=0, since=time.monotonic())
            with ProcessGraph(specs) as graph:
                request.when_repeated(graph.interrupt)
                graph.ends.listen(watch.node)
                graph.wait_until_active(watch, lambda: request.wanted)
                _tell_unheard(specs, console)
                started = time.monotonic()
                finished = False
                while not (request.wanted or finished or time.monotonic() > started + duration):
                    watch.listen(_REFRESH)
                    if not request.wanted:
                        graph.check()
                    line.show(live_line(watch.diagnoses, line.width))
                    said = watch.diagnoses.get(specs[0].name)
                    finished = said is not None and said.values.get("finished") == "True"
                # What the others say of it comes once a second.
                watch.listen(_LAST_WORDS)
        finally:
            watch.close()
    return ComposedRun(finished, dict(watch.diagnoses))


def _tell_unheard(specs: Sequence[NodeSpec], console: Console) -> None:
    if warning := unheard(specs):
        console.print(f"note: {warning}", markup=False, highlight=False, soft_wrap=True)


def _check_camera(camera: Diagnosis | None) -> None:
    if camera is None:
        return
    if camera.level is Level.ERROR and not number(camera, "image total") > 0:
        raise NoImageError(camera.message)
