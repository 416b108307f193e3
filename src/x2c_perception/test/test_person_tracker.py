# SPDX-License-Identifier: Apache-2.0
"""Following one face from image to image, with a tracker that finds what it is told to."""

import numpy as np
import pytest

from x2c_core.face.frames import FaceState
from x2c_perception.tracking.follow_policy import Follow
from x2c_perception.tracking.person_tracker import PersonTracker
from x2c_perception.tracking.tracker import DetectedFace, FaceTracker

IMAGE = np.zeros((480, 640, 3), np.uint8)


class Told(FaceTracker):
    def __init__(self):
        self.faces = []
        self.seen = None

    def track(self, rgb):
        self.seen = rgb
        return self.faces

    def close(self):
        pass


@pytest.fixture
def tracker():
    return Told()


def found(*faces, confidence=0.9):
    return [DetectedFace(face.landmarks, confidence) for face in faces]


def test_before_any_face_it_is_lost_without_pose_or_id(tracker):
    face = PersonTracker(tracker).follow(IMAGE, 0.0)
    assert face.state is FaceState.LOST
    assert face.pose is None
    assert face.track_id == -1
    assert not face.landmarks.any()
    assert (face.width, face.height) == (640, 480)


def test_a_face_that_is_found_is_given_with_pose_and_confidence(tracker, make_face):
    tracker.faces = found(make_face(yaw=0.3))
    face = PersonTracker(tracker).follow(IMAGE, 0.0)
    assert face.state is FaceState.TRACKING
    assert face.pose.yaw_pitch_roll[0] == pytest.approx(0.3)
    assert face.confidence == 0.9
    assert face.track_id == 0


def test_a_lost_face_keeps_its_last_landmarks_and_comes_back_with_its_id(tracker, make_face):
    person_tracker = PersonTracker(tracker)
    tracker.faces = found(make_face())
    before = person_tracker.follow(IMAGE, 0.0)
    tracker.faces = []
    lost = person_tracker.follow(IMAGE, 0.03)
    assert lost.state is FaceState.LOST
    assert lost.confidence == 0.0
    assert (lost.landmarks == before.landmarks).all()
    tracker.faces = found(make_face())
    again = person_tracker.follow(IMAGE, 0.06)
    assert again.state is FaceState.TRACKING
    assert again.track_id == lost.track_id == 0


def test_smoothing_starts_anew_after_a_loss(tracker, make_face):
    person_tracker = PersonTracker(tracker, smoothing={})
    tracker.faces = found(make_face())
    person_tracker.follow(IMAGE, 0.0)
    tracker.faces = []
    person_tracker.follow(IMAGE, 0.03)
    moved = make_face(mouth=0.3)
    tracker.faces = found(moved)
    assert np.abs(person_tracker.follow(IMAGE, 0.06).landmarks - moved.landmarks).max() < 1e-6


def test_smoothing_starts_anew_with_another_person(tracker, make_face):
    person_tracker = PersonTracker(tracker, patience=0.0, smoothing={})
    tracker.faces = found(make_face())
    person_tracker.follow(IMAGE, 0.0)
    other = make_face(at=(450.0, 300.0), mouth=0.3)
    tracker.faces = found(other)
    face = person_tracker.follow(IMAGE, 0.03)
    assert face.track_id == 1
    assert np.abs(face.landmarks - other.landmarks).max() < 1e-6


def test_smoothing_starts_anew_after_a_jump_in_time(tracker, make_face):
    person_tracker = PersonTracker(tracker, smoothing={})
    tracker.faces = found(make_face())
    person_tracker.follow(IMAGE, 100.0)
    person_tracker.restart()
    other = make_face(mouth=0.3)
    tracker.faces = found(other)
    face = person_tracker.follow(IMAGE, 3.0)
    assert face.state is FaceState.TRACKING
    assert np.abs(face.landmarks - other.landmarks).max() < 1e-6


def test_smoothing_can_be_turned_off_and_on(tracker, make_face):
    person_tracker = PersonTracker(tracker, smoothing={})
    faces = [make_face(mouth=0.1 * (i % 2)) for i in range(4)]
    for number, smoothing in enumerate(({}, {}, None, {})):
        person_tracker.configure(1.0, smoothing, Follow.STAY)
        tracker.faces = found(faces[number])
        out = person_tracker.follow(IMAGE, 0.03 * number).landmarks
        same = np.abs(out - faces[number].landmarks).max() < 1e-6
        assert same == (number != 1)


def test_another_person_who_looks_is_followed(tracker, make_face):
    person_tracker = PersonTracker(tracker, smoothing={}, follow=Follow.LOOKING)
    away, looks = make_face(at=(150.0, 240.0), yaw=0.9), make_face(at=(470.0, 240.0))
    tracker.faces = found(away)
    assert person_tracker.follow(IMAGE, 0.0).track_id == 0
    tracker.faces = found(away, looks)
    ids = [person_tracker.follow(IMAGE, 0.1 * number).track_id for number in range(1, 14)]
    assert ids[:9] == [0] * 9
    assert ids[-1] == 1
    face = person_tracker.follow(IMAGE, 1.4)
    assert np.abs(face.landmarks - looks.landmarks).max() < 1e-6


def test_a_face_that_is_no_face_counts_as_lost(tracker):
    for landmarks in (np.zeros((478, 3)), np.full((478, 3), np.nan)):
        tracker.faces = [DetectedFace(landmarks, 1.0)]
        assert PersonTracker(tracker).follow(IMAGE, 0.0).state is FaceState.LOST


def test_an_image_of_another_size_makes_the_person_new(tracker, make_face):
    person_tracker = PersonTracker(tracker)
    tracker.faces = found(make_face())
    person_tracker.follow(IMAGE, 0.0)
    face = person_tracker.follow(np.zeros((240, 320, 3), np.uint8), 0.03)
    assert (face.width, face.height) == (320, 240)
    assert face.track_id == 1


def test_the_tracker_sees_rgb(tracker):
    image = np.zeros((20, 20, 3), np.uint8)
    image[:, :, 0] = 200
    PersonTracker(tracker).follow(image, 0.0)
    assert tracker.seen[0, 0].tolist() == [0, 0, 200]
