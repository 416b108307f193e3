# SPDX-License-Identifier: Apache-2.0
"""The camera's turn is recognised from the faces."""

from __future__ import annotations

import dataclasses
from contextlib import closing

import numpy as np
import pytest

from x2c_core.errors import X2CError
from x2c_core.face.frames import FaceState
from x2c_core.images.orientation import turned
from x2c_perception.face_tracker_parameters import FaceTrackerParameters
from x2c_perception.tracking.face_mesh_tracker import FaceMeshTracker
from x2c_perception.tracking.tracker import DetectedFace, FaceTracker
from x2c_perception.tracking.tracking_settings import TrackingSettings
from x2c_perception.tracking.upright_view import UprightView, single_image_turn
from x2c_perception.tracking_stage import TrackingStage

PERIOD = 33_333_333


@pytest.fixture(scope="module")
def models():
    """Return the face tracker, loaded once."""
    with closing(FaceMeshTracker()) as tracker:
        yield tracker


def follow(image, *, settings=None, images=4, **arguments):
    """Return the stage and the last frame after a few images."""
    stage = TrackingStage(settings or TrackingSettings(), **arguments)
    for number in range(images):
        frame = stage.track(image, number * PERIOD)
    return stage, frame


@pytest.mark.parametrize("mounted", [0, 90, 180, 270])
def test_a_turned_camera_is_recognised_before_anything_wrong_is_shown(portrait, mounted):
    published = []
    stage = TrackingStage(TrackingSettings())
    upright = TrackingStage(TrackingSettings())
    for number in range(3):
        frame = stage.track(turned(portrait, mounted), number * PERIOD, published.append)
        expected = upright.track(portrait, number * PERIOD)
    assert stage.rotation == (360 - mounted) % 360
    assert [face.state for face in published] == [FaceState.TRACKING] * 3
    for face in (published[0], frame.smoothed):
        assert abs(face.pose.yaw_pitch_roll[2]) < 0.3
    difference = frame.smoothed.landmarks - expected.smoothed.landmarks
    assert np.abs(difference).mean() < 0.5
    assert (frame.image == portrait).all()
    assert bool(stage.recognised_rotation) is (mounted != 0)


@pytest.mark.parametrize("mounted", [0, 90, 180, 270])
def test_a_single_image_is_recognised_at_once(portrait, models, mounted):
    assert single_image_turn(turned(portrait, mounted), models) == (360 - mounted) % 360


def test_a_single_image_without_a_face_stays_as_it_is(models):
    assert single_image_turn(np.full((48, 64, 3), 90, np.uint8), models) == 0


def test_it_is_said_in_a_sentence(portrait):
    stage, _ = follow(turned(portrait, 180))
    expected = "the camera is mounted upside down: images are turned by 180 degrees"
    assert stage.recognised_rotation == expected


def test_a_turn_that_is_set_is_used_and_nothing_is_looked_for(portrait):
    settings = TrackingSettings(rotate=180)
    stage, frame = follow(turned(portrait, 180), settings=settings)
    assert frame.smoothed.state is FaceState.TRACKING
    assert (stage.rotation, stage.recognised_rotation) == (180, "")
    stage, _ = follow(turned(portrait, 180), settings=dataclasses.replace(settings, rotate=0))
    assert (stage.rotation, stage.recognised_rotation) == (0, "")


@pytest.mark.parametrize("degrees", [45, 360, -90])
def test_a_turn_that_is_none_by_quarters_is_refused(degrees):
    with pytest.raises(
        X2CError, match=f"rotate: expected 0, 90, 180 or 270 degrees, got {degrees}"
    ):
        FaceTrackerParameters(rotate=degrees).settings  # noqa: B018
    assert FaceTrackerParameters().settings.rotate is None
    assert FaceTrackerParameters(rotate=90).settings.rotate == 90


class Turned(FaceTracker):
    """Finds an upright face only in an image whose first pixel is bright; or a tilted one."""

    def __init__(self, face):
        self.landmarks = face.landmarks
        self.looks = 0

    def track(self, rgb):
        self.looks += 1
        return [DetectedFace(self.landmarks, 0.9)] if rgb[0, 0, 0] > 200 else []

    def close(self):
        pass


def test_a_face_that_only_a_turned_image_shows_is_found_in_the_end(make_face):
    image = np.zeros((480, 480, 3), np.uint8)
    image[-1, -1] = 255
    _, frame = follow(image, images=90, tracker=Turned(make_face()))
    assert frame.smoothed.state is FaceState.TRACKING
    stage, _ = follow(image, images=20, tracker=Turned(make_face()))
    assert stage.rotation == 0


@pytest.mark.parametrize("mounted", [0, 90, 180, 270])
def test_a_single_image_is_turned_as_the_only_view_with_a_face(make_face, mounted):
    image = np.zeros((480, 640, 3), np.uint8)
    image[0, 0] = 255
    assert single_image_turn(turned(image, mounted), Turned(make_face())) == (360 - mounted) % 360


def test_an_empty_room_costs_little(make_face):
    tracker = Turned(make_face())
    _, frame = follow(np.zeros((480, 480, 3), np.uint8), images=300, tracker=tracker)
    assert frame.smoothed.state is FaceState.LOST
    assert tracker.looks < 300 + 10 / 0.3 * 7


def test_views_that_disagree_change_nothing(make_face):
    """A tracker that finds the same upright face however the image is turned."""
    image = np.full((480, 480, 3), 255, np.uint8)
    stage, frame = follow(image, images=100, tracker=Turned(make_face()))
    assert stage.rotation == 0
    assert frame.smoothed.track_id == 0


def test_a_view_starts_as_it_is_told():
    assert (UprightView(None).degrees, UprightView(None).found) == (0, False)
    assert (UprightView(270).degrees, UprightView(270).found) == (270, False)
