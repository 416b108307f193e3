# SPDX-License-Identifier: Apache-2.0
"""The backend x2cnet gives values in range for any face, and nothing for what is no face."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from x2c_core.control_space import controls
from x2c_core.errors import LandmarkError
from x2c_imitation.errors import ImitationError, NetworkError
from x2c_imitation.pipeline.observation import Observation
from x2c_imitation.x2cnet.network.config import NetworkConfig
from x2c_imitation.x2cnet.runtime.predictor import Predictor, load_predictor
from x2c_imitation.x2cnet.runtime.runtime import Runtime
from x2c_imitation.x2cnet.transfer.warp_transfer import WarpTransfer
from x2c_imitation.x2cnet.x2cnet import X2CNet


@pytest.fixture
def make(neutral_image):
    """Return a function that makes a X2CNet of a predictor."""
    image, landmarks = neutral_image

    def made(predictor):
        transfer = WarpTransfer(image, landmarks, 64)
        return X2CNet(transfer, predictor)

    return made


@pytest.fixture(scope="module")
def imitator(neutral_image, network_folder, model, make_face):
    image, landmarks = neutral_image
    predictor = load_predictor(network_folder / "x2cnet.onnx")
    made = X2CNet(WarpTransfer(image, landmarks, 64), predictor)
    made.calibrate(make_face(model.neutral))
    return made


class Played(Runtime):
    """Gives outputs one after the other, the last one again and again."""

    def __init__(self, *outputs):
        self._outputs = list(outputs)
        self.seen = []

    @property
    def config(self):
        return NetworkConfig(image_size=64)

    def play(self, *outputs):
        self._outputs = list(outputs)

    def infer(self, images):
        self.seen.append(images.copy())
        first = self._outputs.pop(0) if len(self._outputs) > 1 else self._outputs[0]
        return np.asarray(first, dtype=np.float32)[None]


def in_range(values):
    return bool(
        np.isfinite(values).all()
        and (values >= controls.MINIMUM).all()
        and (values <= controls.MAXIMUM).all()
    )


@pytest.mark.slow
@given(seed=st.integers(0, 2**32 - 1), size=st.floats(1e-3, 1e6), angle=st.floats(-3.2, 3.2))
@settings(max_examples=40)
def test_any_landmarks_give_values_in_range_or_a_refusal(
    imitator, model, make_face, seed, size, angle
):
    face = make_face(model.neutral, yaw=angle)
    noise = np.random.default_rng(seed).normal(scale=size, size=face.landmarks.shape)
    try:
        values = imitator.imitate(
            Observation(dataclasses.replace(face, landmarks=face.landmarks + noise))
        )
    except LandmarkError:
        return
    assert in_range(values)


@given(
    bias=st.floats(-1e6, 1e6),
    outputs=st.lists(st.floats(-1e30, 1e30), min_size=30, max_size=30),
)
@settings(max_examples=30)
def test_any_outputs_give_values_in_range(neutral_image, model, make_face, bias, outputs):
    image, landmarks = neutral_image
    runtime = Played(np.full(30, bias))
    transfer = WarpTransfer(image, landmarks, 64)
    made = X2CNet(transfer, Predictor(runtime))
    made.calibrate(make_face(model.neutral))
    runtime.play(outputs)
    assert in_range(made.imitate(Observation(make_face(model.neutral))))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_broken_weights_are_noticed_before_there_is_a_face(make, value):
    outputs = controls.NEUTRAL.copy()
    outputs[3] = value
    with pytest.raises(NetworkError, match="NaN or infinite"):
        make(Predictor(Played(outputs)))


def test_outputs_that_break_later_are_refused(make, model, make_face):
    runtime = Played(controls.NEUTRAL)
    imitator = make(Predictor(runtime))
    imitator.calibrate(make_face(model.neutral))
    runtime.play(np.full(30, np.nan))
    with pytest.raises(NetworkError, match="NaN or infinite"):
        imitator.imitate(Observation(make_face(model.neutral)))
    runtime.play(controls.NEUTRAL)
    assert in_range(imitator.imitate(Observation(make_face(model.neutral))))


def test_a_neutral_face_gives_the_robots_neutral_face(imitator, model, make_face):
    values = imitator.imitate(Observation(make_face(model.neutral)))
    np.testing.assert_allclose(values, controls.NEUTRAL, atol=0.1)


def test_faces_that_differ_give_values_that_differ(imitator, model, make_face):
    shown = controls.from_names(
        {"Jaw Pitch": 0.0, "Brow Inner Left": 1.0, "Brow Inner Right": 1.0}
    )
    one = imitator.imitate(Observation(make_face(model.neutral)))
    other = imitator.imitate(Observation(make_face(model.landmarks(shown))))
    assert np.abs(one - other).max() > 1e-2


def test_what_a_network_reads_off_the_neutral_image_counts_as_neutral(make, model, make_face):
    off = controls.NEUTRAL + 0.1
    runtime = Played(off)
    imitator = make(Predictor(runtime))
    imitator.calibrate(make_face(model.neutral))
    values = imitator.imitate(Observation(make_face(model.neutral)))
    np.testing.assert_allclose(values, controls.NEUTRAL, atol=1e-6)


def test_before_calibration_nothing_is_imitated(make, model, make_face):
    imitator = make(Predictor(Played(controls.NEUTRAL)))
    assert not imitator.is_calibrated
    with pytest.raises(ImitationError, match="no neutral face"):
        imitator.imitate(Observation(make_face(model.neutral)))


def test_a_neutral_face_that_is_none_leaves_the_former(imitator, model, make_face):
    bad = dataclasses.replace(make_face(model.neutral), landmarks=np.zeros((478, 3)))
    with pytest.raises(LandmarkError):
        imitator.calibrate(bad)
    assert imitator.is_calibrated
    assert in_range(imitator.imitate(Observation(make_face(model.neutral))))


def gaze(values):
    return values[controls.index("Gaze Target Phi")]


def test_behind_shut_lids_the_gaze_stays(make, model, make_face):
    face = make_face(model.neutral)
    runtime = Played(controls.NEUTRAL)
    imitator = make(Predictor(runtime))
    imitator.calibrate(face)
    runtime.play(controls.from_names({"Gaze Target Phi": 0.4}))
    assert gaze(imitator.imitate(Observation(face))) == pytest.approx(0.4)
    shut = {"Eyelid Upper Left": -0.5, "Eyelid Upper Right": -0.5}
    runtime.play(controls.from_names(shut | {"Gaze Target Phi": -0.9}))
    for _ in range(3):
        assert gaze(imitator.imitate(Observation(face))) == pytest.approx(0.4)
    # One open eye is enough to see by.
    runtime.play(controls.from_names({"Eyelid Upper Left": -0.5, "Gaze Target Phi": -0.9}))
    assert gaze(imitator.imitate(Observation(face))) == pytest.approx(-0.9)


def test_the_network_sees_the_image_that_motion_transfer_made(make, model, make_face):
    runtime = Played(controls.NEUTRAL)
    imitator = make(Predictor(runtime))
    imitator.calibrate(make_face(model.neutral))
    imitator.imitate(Observation(make_face(model.neutral)))
    imitator.imitate(
        Observation(make_face(model.landmarks(controls.from_names({"Jaw Pitch": 0.0}))))
    )
    neutral, open_mouth = (one.astype(np.float64) for one in runtime.seen[-2:])
    assert neutral.shape == (1, 64, 64, 3)
    changed = np.abs(neutral - open_mouth).mean(axis=(0, 3))
    lower, upper = changed[38:].mean(), changed[:25].mean()
    assert lower > 3.0 * upper
