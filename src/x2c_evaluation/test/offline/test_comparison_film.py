# SPDX-License-Identifier: Apache-2.0
"""The film of two evaluations of a recording."""

import dataclasses
import shutil

import av
import numpy as np
import pytest

from x2c_core.files.issues import Issues
from x2c_evaluation.errors import EvaluationError
from x2c_evaluation.offline.engines import Processes
from x2c_evaluation.offline.recording.job import EvaluationJob
from x2c_evaluation.offline.results.comparison import compare
from x2c_evaluation.offline.run import run
from x2c_evaluation.offline.visuals.comparison_film import film_recording, write_comparison_film

pytestmark = pytest.mark.slow

FRAMES = 6


class Notes:
    def kept(self, place):
        """Pass over."""

    def worked(self, place, frames):
        """Pass over."""

    def done(self, place, seconds):
        """Pass over."""


@pytest.fixture(scope="module")
def evaluations(tmp_path_factory, camera_bag, settings):
    """A recording, and two evaluations of it: with and without smoothing."""
    folder = tmp_path_factory.mktemp("film")
    bag = camera_bag(folder / "bag", frames=FRAMES)
    rough = dataclasses.replace(settings.tracking, smoothing=False)
    for name, used in (("a", settings), ("b", dataclasses.replace(settings, tracking=rough))):
        run([EvaluationJob("it", str(bag), used)], folder / name, Processes(1), Notes())
    return folder


def filmed(folder, out):
    comparison, issues = compare(folder / "a", folder / "b"), Issues()
    count = write_comparison_film(comparison, film_recording(comparison), out, issues)
    with av.open(str(out)) as video:
        (stream,) = video.streams
        images = [frame.to_ndarray(format="bgr24").astype(int) for frame in video.decode(stream)]
    return count, images, [one.text for one in issues]


def test_person_and_both_robots_are_side_by_side_in_720p(tmp_path, evaluations):
    count, images, issues = filmed(evaluations, tmp_path / "film.mp4")
    assert count == len(images) == FRAMES
    assert images[0].shape == (720, 1280, 3)
    assert issues == []
    person, first, second = (images[-1][60:460, left : left + 400] for left in (10, 440, 860))
    assert np.abs(first - person).mean() > 30
    assert np.abs(first - second).mean() < 10
    # The curves of six controls, and the line that goes along them.
    below = [image[480:] for image in images]
    assert (np.abs(below[0] - below[-1]).max(axis=2) > 60).any()


def test_a_recording_that_is_gone_leaves_the_robots(tmp_path, evaluations):
    for name in "ab":
        shutil.copytree(evaluations / name, tmp_path / name)
        (tmp_path / name / "recordings" / "it" / "source").write_text("/nowhere/it.mp4")
    count, images, (issue,) = filmed(tmp_path, tmp_path / "film.mp4")
    assert count == FRAMES
    assert "no images of the person" in issue
    assert "/nowhere/it.mp4" in issue
    assert images[0][60:460, 440:840].std() > 20


def test_a_film_of_what_both_do_not_have_is_refused(evaluations):
    comparison = compare(evaluations / "a", evaluations / "b")
    with pytest.raises(EvaluationError, match=r"no film of 'other'; recordings in both: it"):
        film_recording(comparison, "other")
    with pytest.raises(EvaluationError, match="frames of the same stamp"):
        film_recording(dataclasses.replace(comparison, differences={}))
    (result,) = comparison.first.report.recordings
    source = dataclasses.replace(result.source, kind="data set")
    report = dataclasses.replace(
        comparison.first.report, recordings=(dataclasses.replace(result, source=source),)
    )
    single = dataclasses.replace(
        comparison, first=dataclasses.replace(comparison.first, report=report)
    )
    with pytest.raises(EvaluationError, match="images have no order"):
        film_recording(single)
