# SPDX-License-Identifier: Apache-2.0
"""A neutral face from an image of the person at rest, or from a saved one."""

from __future__ import annotations

from contextlib import closing

import cv2
import numpy as np
import pytest

from x2c_core.images.orientation import turned
from x2c_perception.errors import PersonError
from x2c_perception.neutral.neutral_file import read_neutral
from x2c_perception.neutral.person_store import PersonStore, write_person
from x2c_perception.tracking.face_mesh_tracker import FaceMeshTracker
from x2c_perception.tracking.tracker import FaceTracker
from x2c_perception.tracking.tracking_settings import TrackingSettings
from x2c_perception.tracking_stage import TrackingStage


class Found(FaceTracker):
    """Tracker that finds the same faces in every image that is no blank."""

    def __init__(self, *faces):
        self.faces = list(faces)

    def track(self, rgb):
        return list(self.faces) if rgb.any() else []

    def close(self):
        pass


@pytest.fixture
def image(tmp_path):
    path = tmp_path / "ada.png"
    cv2.imwrite(str(path), np.full((120, 160, 3), 90, np.uint8))
    return path


def test_the_face_in_an_image_is_neutral(image, make_face):
    neutral = read_neutral(image, Found(make_face()))
    again = neutral.pose.to_pixels(neutral.face)
    np.testing.assert_allclose(again, make_face().landmarks, atol=1e-6)
    assert (neutral.width, neutral.height) == (160, 120)


def test_a_saved_face_is_the_same(image, tmp_path, make_face):
    neutral = read_neutral(image, Found(make_face()))
    write_person(tmp_path / "kept" / "ada.npz", neutral)
    again = read_neutral(tmp_path / "kept" / "ada.npz", Found())
    np.testing.assert_array_equal(again.face, neutral.face)


def test_an_image_that_is_upside_down_gives_the_same(portrait, tmp_path):
    found = []
    with closing(FaceMeshTracker()) as tracker:
        for degrees in (0, 180):
            path = tmp_path / f"{degrees}.png"
            cv2.imwrite(str(path), turned(portrait, degrees))
            found.append(read_neutral(path, tracker))
    np.testing.assert_array_equal(found[0].face, found[1].face)


def test_what_holds_no_face_is_refused(image, tmp_path, make_face):
    with pytest.raises(PersonError, match=r"no face is found in .*ada\.png"):
        read_neutral(image, Found())
    with pytest.raises(PersonError, match="neutral_file: "):
        read_neutral(tmp_path / "none.jpg", Found(make_face()))
    text = tmp_path / "notes.npz"
    text.write_text("hello")
    with pytest.raises(PersonError, match="holds no neutral face"):
        read_neutral(text, Found(make_face()))


def test_a_stage_uses_it_for_everyone_and_looks_for_no_other(image, tmp_path, make_face):
    settings = TrackingSettings(neutral_file=str(image), person="Ada")
    stage = TrackingStage(settings, PersonStore(tmp_path / "persons"), Found(make_face()))
    stage.load()
    neutral = stage.load_person()
    np.testing.assert_allclose(neutral.landmarks, make_face().landmarks, atol=1e-3)
    assert stage.calibration.origin == "given"
    picture = np.full((120, 160, 3), 90, np.uint8)
    found = [stage.track(picture, at * 33_000_000).neutral for at in range(90)]
    changed = [one for one in found if one is not None]
    for one in changed:
        np.testing.assert_allclose(one.landmarks, make_face().landmarks, atol=1e-3)
    assert not stage.calibration.save()


def test_a_stage_refuses_a_file_without_a_face_before_it_runs(image):
    stage = TrackingStage(TrackingSettings(neutral_file=str(image)), tracker=Found())
    with pytest.raises(PersonError, match="no face is found"):
        stage.load()
