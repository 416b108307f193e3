# SPDX-License-Identifier: Apache-2.0
"""What a judge reads is compared beside baselines; the network in NumPy is that of the package."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from x2c_core.face.frames import Face, FaceState
from x2c_core.face.topology import REFERENCE
from x2c_evaluation.errors import FidelityError
from x2c_evaluation.fidelity.judge.expression_judge import (
    Expression,
    ExpressionJudge,
    expression_in,
    likeness,
)
from x2c_evaluation.fidelity.judge.face_api import (
    PACKAGE,
    FaceApiJudge,
    find_face_api,
    how_to_install,
    upright_crop,
)
from x2c_evaluation.fidelity.judge.judgement import APEX_SHARE, judged
from x2c_evaluation.fidelity.judge.reading_log import ReadingLog, Readings
from x2c_evaluation.fidelity.judge.verdict import verdict
from x2c_perception.tracking.tracker import DetectedFace

PERIOD = 1.0 / 25.0
LAG = 2
NAMES = list(Expression)


def sure(*labels: str) -> np.ndarray:
    """Readings (n, 7) of one label each."""
    return 0.02 + 0.86 * np.eye(7)[[NAMES.index(Expression(label)) for label in labels]]


def readings(person, robot, at_rest="neutral") -> Readings:
    later = np.roll(robot, LAG, axis=0)
    later[:LAG] = robot[0]
    return Readings("fake", person, later, sure(at_rest)[0])


CLIP = sure(*["neutral"] * 50, *["anger"] * 25, *["neutral"] * 25)


def test_a_robot_that_shows_the_same_is_read_as_the_person():
    found = judged(readings(CLIP, CLIP), PERIOD)
    assert found.agreement.robot == pytest.approx(1.0)
    assert found.apex_agreement.robot == 1.0
    assert found.apex_agreement.at_rest == 0.0
    assert found.apex_agreement.late == 0.0
    assert found.profile_r > 0.99
    assert found.apex_person[NAMES.index(Expression.ANGER)] == 1.0


def test_a_robot_that_stays_calm_is_no_better_than_one_at_rest():
    found = judged(readings(CLIP, sure(*["neutral"] * 100)), PERIOD)
    assert found.agreement.robot == pytest.approx(found.agreement.at_rest)
    assert found.apex_agreement.robot == 0.0
    assert found.label_at_rest is Expression.NEUTRAL


def test_the_apex_of_a_labelled_clip_is_where_the_person_shows_its_expression():
    person = sure(*["fear"] * 60, *["anger"] * 20, *["neutral"] * 20)
    found = judged(readings(person, person), PERIOD, Expression.ANGER)
    assert found.apex_person[NAMES.index(Expression.ANGER)] > 0.9
    assert judged(readings(person, person), PERIOD).apex_person[NAMES.index(Expression.FEAR)] > 0.9


def test_images_without_a_face_are_left_out():
    person = CLIP.copy()
    person[:40] = np.nan
    robot = CLIP.copy()
    robot[70:] = np.nan
    found = judged(Readings("fake", person, robot, CLIP[0]), PERIOD)
    assert np.isfinite(found.person).all()
    nothing = np.full_like(CLIP, np.nan)
    assert judged(Readings("fake", nothing, CLIP, CLIP[0]), PERIOD) is None


def test_the_verdict_has_a_row_for_each_expression_that_is_known():
    angry = judged(readings(CLIP, CLIP), PERIOD, Expression.ANGER)
    calm = judged(readings(CLIP, sure(*["neutral"] * 100)), PERIOD, Expression.ANGER)
    unknown = judged(readings(CLIP, CLIP), PERIOD)
    found = verdict([(angry, Expression.ANGER), (calm, Expression.ANGER), (unknown, None)])
    assert set(found.confusion) == {Expression.ANGER}
    row = found.confusion[Expression.ANGER]
    assert row.clips == 2
    assert row.robot[NAMES.index(Expression.ANGER)] == pytest.approx(0.5)
    assert found.labelled_agreement.robot == pytest.approx(0.5)
    assert found.apex_agreement.robot == pytest.approx(2.0 / 3.0)
    content = json.loads(json.dumps(found.as_json(), allow_nan=False))
    assert content["confusion"]["anger"]["person"]["anger"] == pytest.approx(1.0)
    assert verdict([]) is None


@settings(max_examples=60, deadline=None)
@given(arrays(np.float64, (2, 30, 7), elements=st.floats(0.0, 1.0)), st.sampled_from(NAMES))
def test_figures_are_always_in_range(probabilities, label):
    person, robot = probabilities
    found = judged(Readings("fake", person, robot, robot[0]), PERIOD, label)
    for one in (found.agreement.robot, found.agreement.at_rest, found.agreement.late):
        assert -1.0 - 1e-9 <= one <= 1.0 + 1e-9
    assert found.apex_robot.sum() == pytest.approx(1.0)
    assert 0.0 <= found.apex_agreement.robot <= 1.0
    assert APEX_SHARE < 1.0


def test_likeness_is_that_of_numpy():
    one, other = np.random.default_rng(0).random((2, 20, 7))
    expected = [np.corrcoef(a, b)[0, 1] for a, b in zip(one, other, strict=True)]
    np.testing.assert_allclose(likeness(one, other), expected)
    assert likeness(np.ones((1, 7)), other[:1]) == 0.0


@pytest.mark.parametrize(
    ("name", "expression"),
    [
        ("anger_02", Expression.ANGER),
        ("p7-Happy", Expression.HAPPINESS),
        ("talk", None),
        ("sadiq", None),
        ("happy then sad", None),
    ],
)
def test_the_name_of_a_file_may_name_its_expression(name, expression):
    assert expression_in(name) is expression


class Mirror(ExpressionJudge):
    """Judge that reads the brightness of the image, for the flow of images."""

    name = "mirror"

    def read(self, rgb, landmarks):
        return np.full(7, float(rgb.mean()))


def a_face(state: FaceState) -> Face:
    return Face(np.zeros((478, 3)), None, 64, 64, 1.0, state, 1)


def test_person_and_robot_are_read_each_in_its_own_image():
    person = np.full((64, 64, 3), 10, np.uint8)
    robot = np.full((64, 64, 3), 20, np.uint8)
    found = [DetectedFace(np.zeros((478, 3)), 1.0)]
    log = ReadingLog(Mirror(), np.full((64, 64, 3), 30, np.uint8), found)
    log.add(person, a_face(FaceState.TRACKING), robot, found)
    log.add(person, a_face(FaceState.LOST), robot, [])
    kept = log.readings()
    assert kept.at_rest[0] == 30.0
    assert kept.person[0, 0] == 10.0
    assert kept.robot[0, 0] == 20.0
    assert np.isnan(kept.person[1]).all()
    assert np.isnan(kept.robot[1]).all()
    assert ReadingLog(None, robot, found).readings() is None


def made_weights() -> dict[str, np.ndarray]:
    """Random weights of the network's layout."""
    generator = np.random.default_rng(0)
    made, before = {}, 3
    for block, size in enumerate((32, 64, 128, 256)):
        for place in range(4):
            name = f"dense{block}/conv{place}"
            entering = before if place == 0 else size
            if block == place == 0:
                made[f"{name}/filters"] = generator.normal(0.0, 0.2, (3, 3, entering, size))
            else:
                made[f"{name}/depthwise_filter"] = generator.normal(0.0, 0.3, (3, 3, entering, 1))
                made[f"{name}/pointwise_filter"] = generator.normal(
                    0.0, entering**-0.5, (1, 1, entering, size)
                )
            made[f"{name}/bias"] = generator.normal(0.0, 0.1, size)
        before = size
    made["fc/weights"] = generator.normal(0.0, 0.05, (256, 7))
    made["fc/bias"] = generator.normal(0.0, 0.1, 7)
    return {name: values.astype(np.float32) for name, values in made.items()}


def write_package(folder, weights, cut=0):
    folder.mkdir(parents=True)
    entries, data = [], b""
    for name, values in weights.items():
        entry = {"name": name, "shape": list(values.shape), "dtype": "float32"}
        if name.endswith("bias"):
            data += values.tobytes()
        else:
            low, high = float(values.min()), float(values.max())
            scale = (high - low) / 255.0
            entry["quantization"] = {"dtype": "uint8", "scale": scale, "min": low}
            data += np.round((values - low) / scale).astype(np.uint8).tobytes()
        entries.append(entry)
    manifest = json.dumps([{"weights": entries, "paths": ["face_expression_model.bin"]}])
    (folder / "face_expression_model-weights_manifest.json").write_text(manifest)
    (folder / "face_expression_model.bin").write_bytes(data[: len(data) - cut])
    return folder


LANDMARKS = REFERENCE[:, [1, 2, 0]] * (-60.0, -60.0, 60.0) + (128.0, 128.0, 0.0)
"""The average face as one sees it in an image: x to the right, y down [pixel]."""


def test_the_network_is_the_same_as_in_torch(tmp_path):
    torch = pytest.importorskip("torch")
    functional = torch.nn.functional
    judge = FaceApiJudge(write_package(tmp_path / "model", made_weights()))
    weights = {name: torch.from_numpy(values) for name, values in judge._weights.items()}

    def padded(values, stride):
        size = values.shape[-1]
        border = max((-(-size // stride) - 1) * stride + 3 - size, 0)
        return functional.pad(values, (border // 2, border - border // 2) * 2)

    def convolution(values, name, stride):
        if f"{name}/filters" in weights:
            filters = weights[f"{name}/filters"].permute(3, 2, 0, 1)
            bias = weights[f"{name}/bias"]
            return functional.conv2d(padded(values, stride), filters, bias, stride)
        each = weights[f"{name}/depthwise_filter"].permute(2, 3, 0, 1)
        deep = functional.conv2d(padded(values, stride), each, None, stride, 0, 1, len(each))
        mix = weights[f"{name}/pointwise_filter"].permute(3, 2, 0, 1)
        return functional.conv2d(deep, mix, weights[f"{name}/bias"])

    image = np.random.default_rng(1).integers(0, 256, (256, 256, 3), np.uint8)
    crop = upright_crop(image, LANDMARKS).astype(np.float32)
    mean = np.array([122.782, 117.001, 104.298], np.float32)
    values = torch.from_numpy((crop - mean) / 255.0).permute(2, 0, 1)[None]
    for block in range(4):
        total = first = functional.relu(convolution(values, f"dense{block}/conv0", 2))
        for place in (1, 2, 3):
            entering = first if place == 1 else functional.relu(total)
            total = total + convolution(entering, f"dense{block}/conv{place}", 1)
        values = functional.relu(total)
    pooled = values.mean(dim=(2, 3))
    scores = pooled @ weights["fc/weights"] + weights["fc/bias"]
    expected = functional.softmax(scores, dim=1)[0].numpy()
    assert np.ptp(expected) > 0.01
    np.testing.assert_allclose(judge.read(image, LANDMARKS), expected, atol=1e-4)


def test_a_damaged_package_is_refused_with_what_to_do(tmp_path):
    cut = write_package(tmp_path / "cut", made_weights(), cut=5)
    weights = made_weights()
    del weights["dense3/conv3/bias"]
    other = write_package(tmp_path / "other", weights)
    for folder in (cut, other, tmp_path / "none"):
        with pytest.raises(FidelityError, match=r"install it again: npm install"):
            FaceApiJudge(folder)


def test_the_package_is_found_where_the_command_installs_it(tmp_path, monkeypatch):
    monkeypatch.setenv("ROS_HOME", str(tmp_path / "ros"))
    monkeypatch.chdir(tmp_path)
    assert find_face_api() is None
    assert f"--prefix {tmp_path}/ros/x2c {PACKAGE}" in how_to_install()
    folder = tmp_path / "ros" / "x2c" / "node_modules" / PACKAGE / "model"
    write_package(folder, made_weights())
    assert find_face_api() == folder


def test_the_crop_holds_the_face_upright_in_any_size_and_roll():
    image = np.zeros((256, 256, 3), np.uint8)
    for point in LANDMARKS[:, :2]:
        cv2.circle(image, (round(point[0]), round(point[1])), 3, (255, 255, 255), -1)
    plain = upright_crop(image, LANDMARKS).astype(float)
    for angle, factor in ((30.0, 1.0), (-50.0, 0.7), (0.0, 4.0)):
        matrix = cv2.getRotationMatrix2D((128.0, 128.0), angle, factor)
        matrix[:, 2] += 128.0 * max(factor, 1.0) - 128.0
        side = round(256 * max(factor, 1.0))
        turned = cv2.warpAffine(image, matrix, (side, side))
        landmarks = LANDMARKS.copy()
        landmarks[:, :2] = LANDMARKS[:, :2] @ matrix[:, :2].T + matrix[:, 2]
        same = upright_crop(turned, landmarks).astype(float)
        assert np.corrcoef(plain.ravel(), same.ravel())[0, 1] > 0.9


@pytest.mark.slow
def test_the_package_reads_a_smile_as_happiness():
    folder = find_face_api()
    if folder is None:
        pytest.skip(f"no judge here: npm install --ignore-scripts --no-save {PACKAGE}")
    from skimage.data import astronaut

    from x2c_perception.tracking.face_mesh_tracker import FaceMeshTracker

    photograph = np.ascontiguousarray(astronaut()[:300, 80:380])
    tracker = FaceMeshTracker()
    try:
        (face,) = tracker.track(photograph)
    finally:
        tracker.close()
    read = FaceApiJudge(folder).read(photograph, face.landmarks)
    assert read.sum() == pytest.approx(1.0)
    assert NAMES[int(read.argmax())] is Expression.HAPPINESS
    assert read.max() > 0.8
