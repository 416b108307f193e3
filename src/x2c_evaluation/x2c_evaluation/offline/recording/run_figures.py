# SPDX-License-Identifier: Apache-2.0
"""Figures of the run in which a bag was recorded: latency, drops, rates."""

from __future__ import annotations

import dataclasses

from x2c_bags.frames.recorded_run import RecordedRun, Stream, read_recorded_run
from x2c_bags.reading.bag_reader import BagReader
from x2c_bags.schema.topics import Part
from x2c_evaluation.offline.results.result import RunFigures
from x2c_evaluation.pipeline.frame_curves import FrameCurves
from x2c_evaluation.run_report.latency import Percentiles, drops, measure, percentiles, rate

_PARTS = (Part.CAMERA_INFO, Part.FACE, Part.CONTROLS, Part.COMMANDS, Part.DIAGNOSTICS)
_REPORTED = (Part.FACE, Part.CONTROLS, Part.COMMANDS)


def recorded_run(reader: BagReader, curves: FrameCurves) -> RecordedRun | None:
    """Return the run that a bag was recorded in; None where it holds nothing of the pipeline."""
    there = set(reader.parts.values()) & set(_REPORTED)
    if not there:
        return None
    # Of joint commands only the stamps are needed.
    read = read_recorded_run(reader, _PARTS, positions=False)
    # Frames are those that were evaluated, whatever their topic is called.
    streams = {**read.streams, Part.CAMERA_IMAGE: Stream(curves.stamps, curves.stamps)}
    before = {str(one) for one in reader.found}
    issues = tuple(one for one in read.issues if one not in before)
    return dataclasses.replace(read, streams=streams, issues=issues)


def run_figures(run: RecordedRun) -> RunFigures:
    """Return latency, drops and rates as they were recorded."""
    measured = measure(run)
    spread: dict[str, Percentiles | None] = {
        stage.value: percentiles(one) for stage, one in measured.items()
    }
    return RunFigures(
        latency_ms={name: one for name, one in spread.items() if one is not None},
        drops=drops(run),
        rates_hz={part.value: rate(run.streams[part]) for part in _REPORTED},
        messages={part.value: len(run.streams[part]) for part in _REPORTED},
        complaints=tuple(
            f"{name}: {message}"
            for name, node in run.nodes.items()
            for _, message in node.complaints
        ),
    )
