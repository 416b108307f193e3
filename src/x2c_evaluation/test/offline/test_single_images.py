# SPDX-License-Identifier: Apache-2.0
"""Images by themselves are imitated relative to a neutral face estimated from each."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from x2c_core.control_space import controls
from x2c_evaluation.face_clip import draw
from x2c_evaluation.offline.recording.evaluate import evaluate
from x2c_evaluation.offline.recording.job import EvaluationJob
from x2c_evaluation.offline.sources.camera_frames import CameraFrames
from x2c_evaluation.pipeline.frame_curves import read_curves

pytestmark = pytest.mark.slow


def test_an_open_mouth_in_an_image_opens_the_robots(tmp_path, settings):
    robot = settings.robot()
    for name, jaw in (("open", 0.0), ("shut", 1.0)):
        shown = controls.from_names({"Jaw Pitch": jaw})
        cv2.imwrite(str(tmp_path / f"{name}.png"), draw(robot, shown, (320, 320)))
    outcome = evaluate(EvaluationJob("images", str(tmp_path), settings))
    assert outcome.failed == ""
    (tmp_path / "frames.parquet").write_bytes(outcome.frames)
    opened, shut = read_curves(tmp_path / "frames.parquet").values[:, controls.index("Jaw Pitch")]
    assert opened < 0.75
    assert shut > 0.9


def test_an_image_that_is_upside_down_is_turned_and_that_is_said(tmp_path, settings):
    face = draw(settings.robot(), controls.NEUTRAL, (320, 320))
    for name, image in (("a", face), ("b", face[::-1, ::-1])):
        cv2.imwrite(str(tmp_path / f"{name}.png"), image)
    outcome = evaluate(EvaluationJob("images", str(tmp_path), settings))
    (tmp_path / "frames.parquet").write_bytes(outcome.frames)
    upright, turned = read_curves(tmp_path / "frames.parquet").values
    np.testing.assert_array_equal(upright, turned)
    said = [issue.text for issue in outcome.result.issues]
    assert said == ["an image is upside down: it was turned by 180 degrees"]


def test_an_image_is_a_recording(tmp_path):
    path = tmp_path / "one.png"
    cv2.imwrite(str(path), np.full((48, 64, 3), 7, np.uint8))
    source = CameraFrames(str(path))
    assert source.is_independent
    assert source.count == 1
    assert len(list(source.frames())) == 1


def test_images_numbered_without_a_gap_are_one_take(tmp_path):
    for name in ("f_8", "f_9", "f_10"):
        cv2.imwrite(str(tmp_path / f"{name}.png"), np.full((48, 64, 3), 7, np.uint8))
    assert not CameraFrames(str(tmp_path)).is_independent
    (tmp_path / "f_9.png").unlink()
    assert CameraFrames(str(tmp_path)).is_independent
