# SPDX-License-Identifier: Apache-2.0
"""The way of one value of a bag through an evaluation is short.

A landmark and the control value of its frame are followed to the control error on the page: a
module is on the way if one of its functions is given the value, or returns it, alone or in an
array, message or dataclass. `x2c_core` and `x2c_node` do not count, whose functions compute
something and give it back, as NumPy's do. Nor do branches, which the value also takes, but which
do not lead to this figure.
"""

from __future__ import annotations

import dataclasses
import sys
import threading
from collections.abc import Mapping, Set
from types import FrameType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from x2c_core.control_space import controls
from x2c_evaluation.offline.engines import Processes
from x2c_evaluation.offline.recording.evaluate import EvaluationJob, evaluate
from x2c_evaluation.offline.run import run
from x2c_evaluation.pipeline.frame_curves import read_curves

pytestmark = pytest.mark.slow

FRAME = 40
MOST = 20
TOOLS = ("x2c_core", "x2c_node")
BRANCHES = {
    # The person's neutral face is looked for in each face.
    "x2c_perception.neutral.neutral_keeper",
    "x2c_perception.neutral.neutral_calibrator",
    # Control values in the bag, which the new ones are compared with.
    "x2c_bags.frames.recorded_run",
    "x2c_evaluation.offline.recording.run_figures",
    # Other figures.
    "x2c_evaluation.offline.results.key_frames",
    # Images of the robot at the key frames.
    "x2c_virtual_face.virtual_face",
    "x2c_virtual_face.head.folds.fold_shapes",
    "x2c_evaluation.offline.results.statistics",
    "x2c_actuation.pipeline.mapping",
    # Curves on the page, read from the table of frames.
    "x2c_datasets.formats.parquet_columns",
    "x2c_evaluation.offline.page.plots",
}


class Notes:
    def kept(self, place):
        """Pass over."""

    def worked(self, place, frames):
        """Pass over."""

    def done(self, place, seconds):
        """Pass over."""


def holds(value: Any, wanted: Set[float], depth: int = 7) -> bool:
    """Return whether one of some numbers, in single precision, is in a value."""
    if depth == 0 or isinstance(value, str | bytes | int | type | None):
        return False
    if isinstance(value, float):
        return abs(value) < 1e9 and float(np.float32(value)) in wanted
    if isinstance(value, np.ndarray):
        return value.dtype.kind == "f" and bool(
            np.isin(value.astype(np.float32), np.array(sorted(wanted), np.float32)).any()
        )
    if isinstance(value, dict):
        parts = list(value.values())
    elif isinstance(value, list | tuple):
        parts = list(value)
    elif isinstance(value, SimpleNamespace) or dataclasses.is_dataclass(value):
        parts = list(getattr(value, "__dict__", {}).values())
    else:
        return isinstance(value, Mapping) and holds(dict(value), wanted, depth)
    return len(parts) < 1000 and any(holds(one, wanted, depth - 1) for one in parts)


def test_a_value_of_a_bag_visits_few_modules_on_its_way_to_the_page(
    tmp_path, writers, face_topics, settings
):
    head_yaw = controls.index("Head Yaw")
    for _, (_, message) in face_topics["/control_values"]:
        message.values[head_yaw] += 0.01
    bag = writers.write(tmp_path / "bag", face_topics)
    job = EvaluationJob("it", str(bag), settings)
    outcome = evaluate(job)
    table = tmp_path / "frames.parquet"
    table.write_bytes(outcome.frames)
    value = read_curves(table).values[FRAME, head_yaw]
    landmark = face_topics["/face"][FRAME][1][1].landmarks[0]
    error = outcome.result.figures.errors["recorded"].mean
    assert error > 0.0
    wanted = {float(np.float32(one)) for one in (landmark, value, error)}
    way: list[str] = []

    def watch(frame: FrameType, event: str, given: Any) -> None:
        module = frame.f_globals.get("__name__", "")
        if not module.startswith("x2c_") or not frame.f_code.co_filename.endswith(".py"):
            return
        if event not in ("call", "return") or module in way:
            return
        if event == "call":
            names = frame.f_code.co_varnames[: frame.f_code.co_argcount]
            given = [frame.f_locals.get(name) for name in names if name != "self"]
        if holds(given, wanted):
            way.append(module)

    threading.setprofile(watch)
    sys.setprofile(watch)
    try:
        run([job], tmp_path / "out", Processes(1), Notes())
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    assert {"x2c_bags.frames.bag_frames", "x2c_evaluation.offline.page.report_page"} <= {*way}
    way = [one for one in way if not one.startswith(TOOLS) and one not in BRANCHES]
    assert len(way) <= MOST, way
