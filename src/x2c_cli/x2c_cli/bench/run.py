# SPDX-License-Identifier: Apache-2.0
"""One measurement of the whole graph, composed or as processes."""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from x2c_bringup.graph.node_specs import NodeSpec, ParameterValue, build_graph
from x2c_bringup.graph.options import GraphOptions
from x2c_bringup.run.composed import ComposedGraph, ros
from x2c_bringup.run.live_line import LATENCY, number
from x2c_bringup.run.processes import ProcessGraph
from x2c_bringup.run.watch import Watch
from x2c_cli.bench import system
from x2c_node.diagnostics import Diagnosis

_ANSWERS = "answers total"
_FIRST_ANSWER = 60.0
"""Time limit for the first image to be answered, after the warm-up [s]."""

_MEDIAN = " p50 [ms]"
_NOT_WANTED = "torch"
_SINCE_CAMERA = ("camera to ", "latency")
"""Prefixes of durations that nodes measure from the camera's stamp on."""


@dataclass(frozen=True)
class _Sample:
    """Last diagnostics of the nodes, and the time of each [s]."""

    diagnoses: Mapping[str, Diagnosis]
    times: Mapping[str, float]

    def rate(self, before: _Sample, node: str, name: str) -> float:
        """Return by how much a count has grown since another sample [Hz]."""
        grown = number(self.diagnoses[node], name) - number(before.diagnoses[node], name)
        return grown / (self.times[node] - before.times[node])


@dataclass(frozen=True)
class Setting:
    """Setting to measure.

    Attributes:
        name: For people.
        composed: All nodes in one process, or each in its own.
        paced: Images at the video's rate, or as fast as they can come.
        options: Options of the graph.
        rate: Images sent a second at most [Hz]; 0 for the video's own rate, or no limit.
    """

    name: str
    composed: bool
    paced: bool
    options: GraphOptions
    rate: float = 0.0


@dataclass(frozen=True)
class Result:
    """Result of a measurement.

    Attributes:
        name: Name of the setting.
        images: Images sent a second [Hz].
        answers: Images answered by a joint command a second [Hz].
        commands: Joint commands a second [Hz].
        jitter: 99th percentile of how late a command of the motor rate is [ms].
        p50: Median time from camera stamp to joint command [ms].
        p99: 99th percentile of it [ms].
        cores: Processor time used a second [s/s].
        memory: Peak memory of each process [MB].
        steps: Median time that a node is busy with each of its steps [ms].
        since_camera: Median time from camera stamp to the end of each node's work [ms].
        torch: Whether any process has loaded torch.
        load: Processes of the whole machine that wanted a core, on average over a minute.
    """

    name: str
    images: float
    answers: float
    commands: float
    jitter: float
    p50: float
    p99: float
    cores: float
    memory: Mapping[str, float]
    steps: Mapping[str, float]
    since_camera: Mapping[str, float]
    torch: bool
    load: float


def measure(setting: Setting, warm_up: float, seconds: float) -> Result:
    """Run the graph and measure it once it is warm.

    Args:
        setting: Setting to measure.
        warm_up: Time before measuring [s].
        seconds: Time of measuring [s].

    Raises:
        ConfigureError: A node refused to start.
    """
    run = _composed if setting.composed else _as_processes
    with ros(), run(_specs(setting)) as (processes, sample):
        sample(warm_up)
        before, began = _first(sample), time.monotonic()
        used = sum(map(system.processor_time, processes.values()))
        after, took = sample(seconds), time.monotonic() - began
        used = sum(map(system.processor_time, processes.values())) - used
        actuation = after.diagnoses["actuation_node"]
        return Result(
            name=setting.name,
            images=after.rate(before, "camera_node", "image total"),
            answers=after.rate(before, "actuation_node", _ANSWERS),
            commands=after.rate(before, "actuation_node", "commands total"),
            jitter=number(actuation, "tick lateness p99 [ms]"),
            p50=number(actuation, f"{LATENCY}{_MEDIAN}"),
            p99=number(actuation, f"{LATENCY} p99 [ms]"),
            cores=used / took,
            memory={name: system.peak_memory(one) for name, one in processes.items()},
            steps=_medians(after.diagnoses, since_camera=False),
            since_camera=_medians(after.diagnoses, since_camera=True),
            torch=any(system.has_loaded(one, _NOT_WANTED) for one in processes.values()),
            load=os.getloadavg()[0],
        )


def _first(sample: Callable[[float], _Sample]) -> _Sample:
    """Return a sample once an image has been answered: a slow machine begins late."""
    limit = time.monotonic() + _FIRST_ANSWER
    while True:
        found = sample(0.1)
        answered = _ANSWERS in found.diagnoses["actuation_node"].values
        if answered or time.monotonic() > limit:
            return found


def _specs(setting: Setting) -> tuple[NodeSpec, ...]:
    camera, *others = build_graph(setting.options)
    parameters: dict[str, ParameterValue] = {
        **camera.parameters,
        "loop": True,
        "paced": setting.paced,
        "framerate": setting.rate,
        "wait_for_subscriber": True,
    }
    return (dataclasses.replace(camera, parameters=parameters), *others)


_Running = tuple[Mapping[str, int], Callable[[float], _Sample]]
"""Process ids by name, and what takes a sample after a time [s]."""


@contextmanager
def _composed(specs: Sequence[NodeSpec]) -> Iterator[_Running]:
    with ComposedGraph(specs) as graph:
        graph.start()

        def sample(seconds: float) -> _Sample:
            time.sleep(seconds)
            diagnoses = graph.diagnoses()
            return _Sample(diagnoses, dict.fromkeys(diagnoses, time.monotonic()))

        yield {"composed": os.getpid()}, sample


@contextmanager
def _as_processes(specs: Sequence[NodeSpec]) -> Iterator[_Running]:
    watch = Watch(specs)
    with ProcessGraph(specs) as graph:
        graph.wait_until_active(watch)

        def sample(seconds: float) -> _Sample:
            watch.listen(seconds)
            return _Sample(dict(watch.diagnoses), dict(watch.times))

        yield graph.ids, sample
    watch.close()


def _medians(diagnoses: Mapping[str, Diagnosis], *, since_camera: bool) -> dict[str, float]:
    """Return the medians [ms] of what nodes have timed: their steps, or times since the stamp."""
    medians = {}
    for node, diagnosis in diagnoses.items():
        for key in diagnosis.values:
            name = key.removesuffix(_MEDIAN)
            if name != key and name.startswith(_SINCE_CAMERA) == since_camera:
                medians[f"{node}: {name}"] = number(diagnosis, key)
    return medians
