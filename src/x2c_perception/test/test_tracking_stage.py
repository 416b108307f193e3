# SPDX-License-Identifier: Apache-2.0
"""Images become faces and neutral faces; the tracker finds what the test says."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from x2c_core.face.frames import Face, FaceState, at_message_precision
from x2c_perception.errors import PersonError
from x2c_perception.neutral.person_store import PersonStore
from x2c_perception.tracking.tracker import DetectedFace, FaceTracker
from x2c_perception.tracking.tracking_settings import TrackingSettings
from x2c_perception.tracking_stage import TrackedFrame, TrackingStage

IMAGE = np.zeros((480, 640, 3), np.uint8)
PERIOD = 33_333_333


class Found(FaceTracker):
    def __init__(self) -> None:
        self.faces: list[DetectedFace] = []
        self.closed = False

    def track(self, rgb: Any) -> list[DetectedFace]:
        return self.faces

    def close(self) -> None:
        self.closed = True

    def finds(self, *faces: Face) -> None:
        self.faces = [DetectedFace(face.landmarks, 0.9) for face in faces]


@pytest.fixture
def tracker():
    return Found()


@pytest.fixture
def stage(tracker, tmp_path):
    return TrackingStage(TrackingSettings(), PersonStore(tmp_path), tracker)


def watch(stage: TrackingStage, count: int, start: int = 0) -> list[TrackedFrame]:
    return [stage.track(IMAGE, (start + k) * PERIOD) for k in range(count)]


def test_a_new_person_has_a_neutral_face_from_the_first_image_on(stage, tracker, make_face):
    tracker.finds(make_face())
    frames = watch(stage, 90)
    assert {frame.face.state for frame in frames} == {FaceState.TRACKING}
    first = frames[0].neutral
    assert first is not None
    assert first.track_id == frames[0].face.track_id
    assert stage.calibration.origin == "estimated"


def test_a_face_has_the_precision_of_its_message(stage, tracker, make_face):
    tracker.finds(make_face())
    (frame,) = watch(stage, 1)
    assert (frame.face.landmarks == frame.smoothed.landmarks.astype(np.float32)).all()
    assert frame.detected is tracker.faces[0].landmarks


def test_without_a_person_nothing_is_detected(stage, tracker, make_face):
    tracker.finds(make_face())
    watch(stage, 3)
    tracker.finds()
    (frame,) = watch(stage, 1, start=3)
    assert frame.face.state is FaceState.LOST
    assert frame.detected is None


def test_of_two_people_the_one_who_is_followed_is_detected(stage, tracker, make_face):
    person = make_face()
    other = dataclasses.replace(person, landmarks=person.landmarks + np.array([200.0, 0.0, 0.0]))
    tracker.finds(person)
    watch(stage, 3)
    tracker.finds(other, person)
    (frame,) = watch(stage, 1, start=3)
    assert frame.detected is tracker.faces[1].landmarks


def test_stamps_that_jump_restart_the_filters(stage, tracker, make_face):
    tracker.finds(make_face())
    watch(stage, 10, start=1000)
    moved = dataclasses.replace(make_face(), landmarks=make_face().landmarks + 5.0)
    tracker.finds(moved)
    (smoothed,) = watch(stage, 1, start=1010)
    assert not smoothed.jumped
    assert np.abs(smoothed.smoothed.landmarks - moved.landmarks).max() > 0.1
    tracker.finds(make_face())
    watch(stage, 10, start=1011)
    tracker.finds(moved)
    (first,) = watch(stage, 1)
    assert first.jumped
    np.testing.assert_allclose(first.smoothed.landmarks, moved.landmarks, atol=1e-6)


def test_a_face_is_published_before_the_neutral_face_is_updated(stage, tracker, make_face):
    tracker.finds(make_face())
    published = []

    def publish(face: Face) -> None:
        published.append((face, stage.calibration.origin))

    frame = stage.track(IMAGE, 0, publish)
    assert published == [(frame.smoothed, "none")]


def test_recorded_faces_are_calibrated_alike(stage, make_face):
    face = at_message_precision(dataclasses.replace(make_face(), track_id=4))
    frames = [stage.take(face, k * PERIOD) for k in range(90)]
    assert {frame.neutral.track_id for frame in frames if frame.neutral is not None} == {4}
    assert frames[0].neutral is not None
    assert (frames[0].face.landmarks == face.landmarks).all()
    lost = dataclasses.replace(face, state=FaceState.LOST)
    assert stage.take(lost, 91 * PERIOD).detected is None


def test_a_named_person_is_found_again(tracker, tmp_path, make_face):
    settings = TrackingSettings(person="Ada")
    stage = TrackingStage(settings, PersonStore(tmp_path), tracker)
    assert stage.load_person() is None
    tracker.finds(make_face())
    stage.calibration.ask()
    neutral = [one.neutral for one in watch(stage, 90) if one.neutral is not None][-1]
    assert stage.calibration.save()
    again = TrackingStage(settings, PersonStore(tmp_path), Found()).load_person()
    assert again is not None
    np.testing.assert_allclose(again.landmarks, neutral.landmarks, atol=1e-3)


def test_a_name_that_cannot_be_a_file_is_refused(tracker, tmp_path):
    stage = TrackingStage(TrackingSettings(person="../Ada"), PersonStore(tmp_path), tracker)
    with pytest.raises(PersonError, match=r"\.\./Ada"):
        stage.load()


def test_a_restart_forgets_the_person(stage, tracker, make_face):
    tracker.finds(make_face())
    watch(stage, 90)
    stage.restart()
    assert stage.calibration.origin == "none"
    frames = watch(stage, 90, start=90)
    assert not frames[0].jumped
    assert frames[0].neutral is not None


def test_closing_closes_the_tracker(stage, tracker):
    stage.close()
    assert tracker.closed
