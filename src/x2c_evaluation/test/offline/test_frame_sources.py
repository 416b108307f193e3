# SPDX-License-Identifier: Apache-2.0
"""Frames of any recording through one interface."""

import cv2
import numpy as np
import pytest
import skimage.data

from x2c_bags.errors import BagError
from x2c_core.errors import X2CError
from x2c_core.files.issues import Issues
from x2c_core.sources.source import SourceError
from x2c_evaluation.errors import EvaluationError
from x2c_evaluation.offline.recording.job import EvaluationJob, check
from x2c_evaluation.offline.recording.store import ResultsStore, fingerprint
from x2c_evaluation.offline.sources.choice import names_source, open_frames, path_of
from x2c_evaluation.pipeline.offline_pipeline import imitate
from x2c_evaluation.pipeline.settings import make_settings

GROUP = "x2c.camera_sources"
THREE = """
import numpy as np
from x2c_core.sources.camera_source import CameraSource
class Three(CameraSource):
    "Three grey images with stamps of their own."
    def __init__(self, text, options):
        self.name, self._left = text, 0
    def open(self): self._left = 3
    def close(self): pass
    def read(self):
        if not self._left:
            return None
        self._left -= 1
        self.stamp = (10 - self._left) * 1_000_000_000
        return np.full((4, 6, 3), 10 * self._left, np.uint8)
    @property
    def size(self): return (6, 4)
"""


def test_a_source_of_another_package_is_a_recording_with_its_own_stamps(install_module):
    install_module("threes", GROUP, {"three": "threes:Three"}, THREE)
    assert names_source("three:x")
    source = open_frames("three:x")
    for _ in range(2):
        frames = list(source.frames())
        assert [frame.stamp for frame in frames] == [8 * 10**9, 9 * 10**9, 10 * 10**9]
        assert [int(frame.image[0, 0, 0]) for frame in frames] == [20, 10, 0]
    assert source.facts.sizes == {"6x4": 3}
    assert source.reference() is None
    assert source.bag is None
    assert not source.is_independent
    check(EvaluationJob("three", "three:x", make_settings()))


@pytest.mark.parametrize(
    ("last", "reason"),
    [
        ("np.zeros((4, 6))", "gives an image of shape (4, 6) and type float64; expected"),
        ("1 / 0", "reading ended: ZeroDivisionError: division by zero"),
    ],
)
def test_a_source_that_breaks_keeps_the_frames_before(install_module, last, reason):
    broken = THREE.replace("return None\n", f"return {last}\n")
    install_module("broken_threes", GROUP, {"three": "broken_threes:Three"}, broken)
    source = open_frames("three:x")
    assert len(list(source.frames())) == 3
    (issue,) = source.issues
    assert issue.loss
    assert reason in str(issue)


def test_a_source_that_fails_for_ever_comes_to_an_end(install_module):
    fails = "raise __import__('x2c_core.sources.source').sources.source.SourceError('unplugged')"
    broken = THREE.replace("return None\n", f"{fails}\n")
    install_module("failing_threes", GROUP, {"three": "failing_threes:Three"}, broken)
    source = open_frames("three:x")
    assert len(list(source.frames())) == 3
    assert [str(issue) for issue in source.issues] == [
        "unplugged",
        "reading ended after 1001 failures in a row",
    ]


def test_a_video_has_the_time_since_its_beginning():
    frames = open_frames("performer").frames()
    stamps = [next(frames).stamp for _ in range(3)]
    frames.close()
    np.testing.assert_allclose(stamps, [0, 1e9 / 30, 2e9 / 30], atol=1)


def test_selected_images_are_those_of_the_frames_of_these_indices():
    source = open_frames("performer")
    frames = source.frames()
    first = [next(frames).image for _ in range(9)]
    frames.close()
    found = dict(source.selected([8, 0, 3, 4]))
    assert list(found) == [0, 3, 4, 8]
    assert all(np.array_equal(image, first[index]) for index, image in found.items())


def test_what_another_process_found_is_not_counted_again(tmp_path, camera_bag):
    bag = camera_bag(tmp_path / "bag", frames=3)
    source, other = open_frames(str(bag)), open_frames(str(bag))
    assert len(list(other.frames())) == 3
    other.issues.add("something")
    source.issues.add("what was found before")
    source.take_over(other.facts, other.issues)
    list(source.frames())
    assert source.facts.sizes == {"640x480": 3}
    assert [str(issue) for issue in source.issues] == ["something"]


def test_a_camera_is_no_recording():
    with pytest.raises(EvaluationError, match="no recording; expected a video, images"):
        open_frames("video_device:0")


def test_what_is_not_there_is_refused_with_what_was_expected(tmp_path):
    with pytest.raises(SourceError, match=r"there is no file .*gone; expected a bag, an image"):
        open_frames(str(tmp_path / "gone"))
    with pytest.raises(X2CError, match=r"there is no recording .*gone: no such file or folder"):
        check(EvaluationJob("gone", str(tmp_path / "gone"), make_settings()))


def test_images_of_a_turned_camera_are_evaluated_upright_and_it_is_said(tmp_path):
    portrait = skimage.data.astronaut()[0:256, 96:352, ::-1]
    for number in range(3):
        cv2.imwrite(str(tmp_path / f"{number}.png"), cv2.rotate(portrait, cv2.ROTATE_180))
    settings, issues = make_settings(), Issues()
    imitated = imitate(open_frames(str(tmp_path)), settings, settings.robot(), issues)
    assert imitated.curves.found.all()
    assert imitated.rotation == 180
    assert [str(issue) for issue in issues if not issue.loss] == [
        "the camera is mounted upside down: images are turned by 180 degrees"
    ]


def test_a_bag_by_its_source_name_is_the_same_recording(tmp_path, writers, images):
    bag = writers.write(
        tmp_path / "bag",
        {
            "/left": [(1, writers.jpeg(images[0], 1))],
            "/right": [(2, writers.jpeg(images[1], 2)), (3, writers.jpeg(images[2], 3))],
        },
    )
    for text in (str(bag), f"bag:{bag}"):
        source = open_frames(text, "/right")
        assert [frame.stamp for frame in source.frames()] == [2, 3]
        assert source.bag is not None
        with pytest.raises(BagError, match="choose one with --topic"):
            open_frames(text)
    with pytest.raises(BagError, match=r"no bag at .*gone"):
        open_frames(f"bag:{tmp_path / 'gone'}")


def test_results_never_go_where_a_recording_with_a_source_name_is(tmp_path, camera_bag):
    bag = camera_bag(tmp_path / "bag", frames=2)
    job = EvaluationJob("it", f"bag:{bag}", make_settings())
    assert path_of(job.source) == str(bag)
    assert path_of("performer") == path_of("performer:x") == ""
    with pytest.raises(EvaluationError, match="is where the results would go"):
        ResultsStore(bag, [job])
    before = fingerprint(job, "")
    (bag / "more.mcap").write_bytes(b"")
    assert fingerprint(job, "") != before
