# SPDX-License-Identifier: Apache-2.0
import dataclasses
import itertools

import cv2
import numpy as np
import pytest

from x2c_bags.reading.bag_reader import BagReader
from x2c_bags.schema.topics import Part
from x2c_core.control_space import controls
from x2c_core.control_space.controls_table import ControlsTable
from x2c_evaluation.errors import EvaluationError
from x2c_evaluation.offline.recording.evaluate import evaluate
from x2c_evaluation.offline.recording.job import EvaluationJob, check
from x2c_evaluation.offline.recording.store import as_text
from x2c_evaluation.pipeline.frame_curves import read_curves
from x2c_evaluation.pipeline.neutral_source import NeutralSource

pytestmark = pytest.mark.slow

START = 1_700_000_000_000_000_000
PERIOD = 33_333_333
FACE = "x2c_msgs/msg/FaceLandmarks"


def run(source, settings, **how):
    return evaluate(EvaluationJob("it", str(source), settings, **how))


def losses(outcome):
    return [one.text for one in outcome.result.issues if one.loss]


def notes(outcome):
    return [one.text for one in outcome.result.issues if not one.loss]


def test_a_bag_of_a_camera_is_evaluated_twice_to_the_same_bytes(tmp_path, camera_bag, settings):
    bag = camera_bag(tmp_path / "bag")
    first, second = run(bag, settings), run(bag, settings)
    assert first.failed == ""
    assert not first.lost
    assert as_text(first.result.to_json()) == as_text(second.result.to_json())
    assert first.frames == second.frames
    assert first.images == second.images
    result = first.result
    assert result.source.topic == "/camera/image_raw/compressed"
    assert result.figures.frames.usable == result.figures.tracking.faces == 45
    assert result.figures.tracking.followed > 25
    assert result.figures.frames.rate_hz == pytest.approx(30.0, abs=0.01)
    assert result.figures.errors == {}
    assert {name.rpartition("_")[2] for name in first.images} == {"person.jpg", "robot.jpg"}
    table = tmp_path / "frames.parquet"
    table.write_bytes(first.frames)
    curves = read_curves(table)
    assert (curves.values >= controls.MINIMUM - 1e-5).all()
    assert (curves.values <= controls.MAXIMUM + 1e-5).all()


def test_raw_encodings_of_the_same_images_give_the_same_values(tmp_path, camera_bag, settings):
    outcomes = [
        run(camera_bag(tmp_path / form, frames=8, form=form, storage=storage), settings)
        for form, storage in (("bgr8", "mcap"), ("rgb8", "sqlite3"))
    ]
    assert outcomes[0].frames == outcomes[1].frames
    assert outcomes[1].result.source.encodings == {"rgb8": 8}


def test_recorded_landmarks_give_the_very_control_values_that_were_recorded(
    tmp_path, writers, face_topics, settings
):
    bag = writers.write(tmp_path / "bag", face_topics)
    outcome = run(bag, settings)
    assert outcome.failed == ""
    error = outcome.result.figures.errors["recorded"]
    assert error.frames > 25
    assert error.mean == 0.0
    assert error.largest == 0.0
    assert error.matched_by == "frames of the same stamp"
    assert outcome.result.source.topic == "/face"
    assert outcome.result.figures.recorded.messages["control_values"] == 45


def test_a_known_offset_of_recorded_values_is_found_as_error(
    tmp_path, writers, face_topics, settings
):
    jaw = controls.index("Jaw Yaw")
    for _, (_, message) in face_topics["/control_values"]:
        message.values[jaw] = message.values[jaw] - 0.25
    outcome = run(writers.write(tmp_path / "bag", face_topics), settings)
    error = outcome.result.figures.errors["recorded"]
    assert error.controls["Jaw Yaw"] == pytest.approx(0.5, abs=1e-6)
    assert error.mean == pytest.approx(0.5 / 30, rel=0.02)
    assert outcome.result.figures.moments[0].worst[0][0] == "Jaw Yaw"


def test_without_a_face_anywhere_it_fails_and_says_so(tmp_path, writers, settings):
    black = np.zeros((120, 160, 3), np.uint8)
    recorded = [(START + n * PERIOD, writers.jpeg(black, START + n * PERIOD)) for n in range(5)]
    outcome = run(writers.write(tmp_path / "bag", {"/image": recorded}), settings)
    assert outcome.failed == "no face was found in any of 5 frames"
    assert outcome.result.figures.frames.usable == 5


def test_frames_that_are_no_images_are_counted_and_the_others_used(
    tmp_path, writers, images, settings
):
    recorded = []
    for index, image in enumerate(images[:12]):
        stamp = START + index * PERIOD
        kind, message = writers.image(image, stamp)
        if index in (3, 4, 5):
            message.data = message.data[: len(message.data) // 2]
        if index == 9:
            message.encoding = "32FC1"
        recorded.append((stamp, (kind, message)))
    outcome = run(writers.write(tmp_path / "bag", {"/cam": recorded}), settings)
    assert outcome.failed == ""
    assert outcome.lost
    assert outcome.result.figures.frames.unusable == 4
    counts = {one.text: one.count for one in outcome.result.issues}
    assert [n for text, n in counts.items() if "truncated" in text] == [3]
    assert [n for text, n in counts.items() if "unknown encoding '32FC1'" in text] == [1]


def test_images_of_changing_size_are_followed(tmp_path, writers, images, settings):
    recorded = []
    for index, image in enumerate(images[:12]):
        stamp = START + index * PERIOD
        shown = cv2.resize(image, (320, 240)) if index >= 8 else image
        recorded.append((stamp, writers.jpeg(shown, stamp)))
    outcome = run(writers.write(tmp_path / "bag", {"/cam": recorded}), settings)
    assert outcome.result.source.sizes == {"640x480": 8, "320x240": 4}
    assert outcome.result.figures.tracking.faces == 12


def test_stamps_that_jump_back_or_are_zero_do_no_harm(tmp_path, camera_bag, settings):
    there = [START + n * PERIOD for n in range(20)]
    bag = camera_bag(tmp_path / "loop", frames=40, stamps=there + there)
    outcome = run(bag, settings)
    assert outcome.failed == ""
    assert outcome.result.figures.frames.stamps_backwards == 1
    assert outcome.result.figures.frames.duration_s == pytest.approx(39 / 30, abs=0.01)
    assert any("stamps jumped" in note for note in notes(outcome))
    outcome = run(camera_bag(tmp_path / "zero", frames=30, stamps=itertools.repeat(0)), settings)
    assert outcome.result.figures.tracking.followed > 5
    assert any("without a stamp" in note for note in notes(outcome))


def test_a_bag_that_breaks_off_is_evaluated_as_far_as_it_goes(tmp_path, camera_bag, settings):
    bag = camera_bag(tmp_path / "bag", frames=12, form="bgr8")
    file = next(bag.glob("*.mcap"))
    data = file.read_bytes()
    file.write_bytes(data[: len(data) * 2 // 3])
    outcome = run(file, settings)
    assert outcome.failed == ""
    assert outcome.lost
    assert 5 < outcome.result.figures.frames.usable < 12
    assert any("breaks off" in text for text in losses(outcome))


def test_a_bag_without_images_says_what_it_holds(tmp_path, make_bag, settings):
    outcome = run(
        make_bag(tmp_path / "bag", without=(Part.CAMERA_IMAGE, Part.FACE, Part.NEUTRAL_FACE)),
        settings,
    )
    assert "has no images and no face landmarks" in outcome.failed
    assert "/joint_commands" in outcome.failed


def test_a_video_is_evaluated_and_one_that_is_none_fails(tmp_path, images, settings):
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 25.0, (640, 480))
    for image in images[:8]:
        writer.write(image)
    writer.release()
    outcome = run(path, settings)
    assert outcome.result.figures.frames.rate_hz == pytest.approx(25.0)
    assert outcome.result.figures.tracking.faces == 8
    broken = tmp_path / "no.mp4"
    broken.write_bytes(b"this is text")
    assert "is not a video" in run(broken, settings).failed


def test_the_neutral_face_can_be_found_first(tmp_path, camera_bag, settings):
    before = dataclasses.replace(settings, calibration=NeutralSource.BEFORE)
    outcome = run(camera_bag(tmp_path / "bag"), before)
    assert outcome.result.figures.tracking.neutral_known_after_s == 0.0
    assert outcome.result.figures.tracking.followed == 45


def test_what_is_compared_with_can_be_a_csv_file_a_bag_or_an_evaluation(
    tmp_path, writers, face_topics, settings
):
    bag = writers.write(tmp_path / "bag", face_topics)
    table = ControlsTable(tmp_path / "controls.csv")
    for _, (_, message) in face_topics["/control_values"]:
        stamp = message.header.stamp
        table.write(stamp.sec * 10**9 + stamp.nanosec, message.values)
    table.close()
    for reference in (tmp_path / "controls.csv", bag):
        outcome = run(bag, settings, against=str(reference))
        assert outcome.result.figures.errors["against"].largest < 1e-6, reference
    with pytest.raises(EvaluationError, match="there is no reference"):
        check(EvaluationJob("it", str(bag), settings, against=str(tmp_path / "gone")))
    (tmp_path / "empty").mkdir()
    outcome = run(bag, settings, against=str(tmp_path / "empty"))
    assert any("nothing to compare with" in text for text in losses(outcome))


def test_messages_of_a_bag_are_those_that_were_written(tmp_path, camera_bag):
    reader = BagReader(camera_bag(tmp_path / "bag", frames=3))
    assert [one.time for one in reader.messages(["/camera/image_raw/compressed"])] == [
        START + n * PERIOD for n in range(3)
    ]
