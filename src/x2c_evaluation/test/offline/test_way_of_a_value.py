# SPDX-License-Identifier: Apache-2.0
"""The way of one value of a bag through an evaluation is short.

Two bags, one a few frames longer, are evaluated under a tracer. A module is on the way if one of
its functions is called at least once more for each frame more: from the reading of the bag to the
rows from which all figures are computed at once. Nothing is left out. The person is followed;
blending in after a loss is over.
"""

from __future__ import annotations

import sys
import threading
from collections import Counter
from types import FrameType
from typing import Any

import pytest

from x2c_bags.schema.topics import TOPICS, Part
from x2c_bags.writing.bag_writer import BagWriter
from x2c_core.face.frames import FaceState
from x2c_evaluation.offline.engines import Processes
from x2c_evaluation.offline.recording.job import EvaluationJob
from x2c_evaluation.offline.run import run
from x2c_testing.made_bags import DELAYS, MS, PERIOD, START

pytestmark = pytest.mark.slow

MOST = 20
"""Modules on the way."""
SOME, MORE = 18, 30
"""Frames of the bags; after 12 the face is blended in, and 15 are judged for stillness."""
FOUND = 10
"""Frames after which the made-up run loses the face."""
NAMES = {f"/{one.part.lstrip('/')}": one for one in TOPICS}
PARTS = [part for part in DELAYS if "image" not in part]


class Notes:
    def kept(self, place):
        """Pass over."""

    def worked(self, place, frames):
        """Pass over."""

    def done(self, place, seconds):
        """Pass over."""


@pytest.fixture
def write(tmp_path, messages):
    """Write a bag of faces, control values and all else that is no image."""

    def write(frames: int):
        folder, size = tmp_path / f"bag{frames}", (160, 120)
        writer = BagWriter(folder, NAMES, "publication")
        neutral = messages.face(Part.NEUTRAL_FACE, START, size, FaceState.TRACKING)
        writer.write(Part.NEUTRAL_FACE, START, neutral)
        for index in range(frames):
            stamp = START + index * PERIOD + MS
            for part in PARTS:
                writer.write(part, stamp, messages.of_frame(part, index % FOUND, stamp, size))
        writer.close()
        return folder

    return write


def calls(job: EvaluationJob, out: Any) -> Counter[tuple[str, str]]:
    """Return how often each function of ours is called in an evaluation, by module and name."""
    counts: Counter[tuple[str, str]] = Counter()

    def watch(frame: FrameType, event: str, _: Any) -> None:
        module, code = frame.f_globals.get("__name__", ""), frame.f_code
        if event == "call" and module.startswith("x2c_") and code.co_filename.endswith(".py"):
            counts[module, code.co_qualname] += 1

    threading.setprofile(watch)
    sys.setprofile(watch)
    try:
        evaluation = run([job], out, Processes(1), Notes())
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    (result,) = evaluation.results
    assert not result.failed
    assert result.figures.errors["recorded"].mean > 0.0
    return counts


def test_a_value_of_a_bag_visits_few_modules(tmp_path, write, settings):
    few, many = (
        calls(EvaluationJob("it", str(write(count)), settings, "/face"), tmp_path / str(count))
        for count in (SOME, MORE)
    )
    way = {module for (module, name), n in many.items() if n - few[module, name] >= MORE - SOME}
    whole = {
        "x2c_bags.reading.mcap_records",
        "x2c_imitation.solver.solver",
        "x2c_evaluation.pipeline.offline_pipeline",
    }
    assert whole <= way
    assert len(way) <= MOST, "\n".join(sorted(way))
