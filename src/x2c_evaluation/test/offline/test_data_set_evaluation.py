# SPDX-License-Identifier: Apache-2.0
import pickle

import cv2
import numpy as np
import pytest

from x2c_core.control_space import controls
from x2c_evaluation.face_clip import draw
from x2c_evaluation.offline.recording.evaluate import evaluate
from x2c_evaluation.offline.recording.job import EvaluationJob
from x2c_evaluation.pipeline.frame_curves import read_curves

pytestmark = pytest.mark.slow


def test_a_backend_that_fails_costs_images_not_the_evaluation(tmp_path, settings, monkeypatch):
    face = draw(settings.robot(), controls.NEUTRAL, (320, 320))
    cv2.imwrite(str(tmp_path / "0.png"), face)
    values = np.tile(controls.NEUTRAL, (1, 1))
    content = {"img_path": ["0.png"], "ctrl_values": controls.to_upstream(values).tolist()}
    with (tmp_path / "val_split_cg.pkl").open("wb") as file:
        pickle.dump(content, file)

    def fail(self, observation):
        raise RuntimeError("no idea")

    monkeypatch.setattr("x2c_imitation.solver.solver.Solver.imitate", fail)
    outcome = evaluate(EvaluationJob("set", str(tmp_path), settings))
    assert any(
        "Solver.imitate failed: RuntimeError: no idea" in one.text for one in outcome.result.issues
    )


def test_a_data_set_is_judged_by_its_own_values(tmp_path, settings):
    robot = settings.robot()
    shown = [
        {},
        {"Jaw Pitch": 0.3},
        {"Head Yaw": 0.25},
        {"Brow Inner Left": 1.0, "Brow Inner Right": 1.0},
        {"Lip Corner Raise Left": 1.0, "Lip Corner Raise Right": 1.0},
    ]
    values = [controls.from_names(one) for one in shown]
    names = []
    for number, one in enumerate(values):
        names.append(f"{number}.png")
        cv2.imwrite(str(tmp_path / names[-1]), draw(robot, one, (320, 320)))
    cv2.imwrite(str(tmp_path / "black.png"), np.zeros((320, 320, 3), np.uint8))
    content = {
        "img_path": [*names, "black.png", "gone.png"],
        "ctrl_values": controls.to_upstream([*values, values[0], values[0]]).tolist(),
    }
    with (tmp_path / "val_split_cg.pkl").open("wb") as file:
        pickle.dump(content, file)
    outcome = evaluate(EvaluationJob("set", str(tmp_path), settings))
    assert outcome.failed == ""
    assert outcome.lost
    assert any("gone.png" in one.text for one in outcome.result.issues)
    assert outcome.result.source.kind == "data set"
    assert outcome.result.figures.tracking.faces == 5
    error = outcome.result.figures.errors["against"]
    assert error.source == "the data set's values"
    assert error.frames == 5
    assert error.controls["Head Yaw"] == pytest.approx(0.0, abs=0.05)
    assert outcome.result.figures.smoothness.jerk is None
    table = tmp_path / "frames.parquet"
    table.write_bytes(outcome.frames)
    curves = read_curves(table)
    np.testing.assert_allclose(curves.references["against"][:5], values, atol=1e-5)
    offsets = curves.values - controls.NEUTRAL
    # Each image is seen for what it is, and nothing of it is left in the next.
    assert np.abs(offsets[0]).max() < 0.02
    assert offsets[1, controls.index("Jaw Pitch")] < -0.15
    assert offsets[2, controls.index("Head Yaw")] == pytest.approx(0.25, abs=0.05)
    assert offsets[3, controls.index("Brow Inner Left")] > 0.2
    assert offsets[4, controls.index("Lip Corner Raise Left")] > 0.2
    assert abs(offsets[4, controls.index("Head Yaw")]) < 0.05
