# SPDX-License-Identifier: Apache-2.0
"""Networks that take the motion of landmarks beside images, in files and in the backend."""

from __future__ import annotations

import json

import numpy as np
import onnxruntime
import pytest

from x2c_core.control_space import controls
from x2c_core.errors import LandmarkError
from x2c_core.face.descriptors import Relation
from x2c_imitation.backends import make_imitator
from x2c_imitation.errors import NetworkError
from x2c_imitation.pipeline.observation import Observation
from x2c_imitation.x2cnet.landmark_motion import MOTION_COUNT, MOTION_UNITS

pytest.importorskip("torch", reason="torch is not installed: it makes and reads networks")

import torch

from x2c_core.robot.robot_file import load_robot
from x2c_imitation.x2cnet.network.config import NetworkConfig, RuntimeName
from x2c_imitation.x2cnet.network.files import CONFIG_KEY, read_metadata
from x2c_imitation.x2cnet.network.weights import load_network, save_network
from x2c_imitation.x2cnet.network.x2control import build_network
from x2c_imitation.x2cnet.runtime.export import export_weights
from x2c_imitation.x2cnet.runtime.predictor import load_predictor
from x2c_imitation.x2cnet.runtime.quantize import quantize_onnx

pytestmark = pytest.mark.slow

CONFIG = NetworkConfig(backbone="resnet10_half", image_size=64, landmarks=True)
JAW = controls.index("Jaw Yaw")
ASIDE = len(Relation)
"""Place of the jaw's way aside in the motion: after the relations."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a network that reads the jaw's yaw off its way aside."""
    made = tmp_path_factory.mktemp("landmarks")
    with torch.random.fork_rng():
        torch.manual_seed(5)
        network = build_network(CONFIG)
    with torch.no_grad():
        network.motion_head.weight[JAW, ASIDE] = 0.2
        network.motion_head.weight[JAW, MOTION_COUNT + ASIDE] = -0.4
    save_network(made / "x2cnet.safetensors", network, CONFIG)
    export_weights(made / "x2cnet.safetensors", made / "x2cnet.onnx")
    return made


@pytest.fixture(scope="module")
def both(folder):
    return [load_predictor(folder / "x2cnet.onnx", runtime) for runtime in RuntimeName]


def images(count, seed=0):
    shape = (count, 64, 64, 3)
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def still(count):
    return np.zeros((count, MOTION_COUNT), np.float32)


def test_both_runtimes_read_motion_and_image(both):
    for predictor in both:
        at_rest = predictor.predict(images(2), still(2))
        moved = still(2)
        moved[:, ASIDE] = (MOTION_UNITS[ASIDE], -2.0 * MOTION_UNITS[ASIDE])
        difference = predictor.predict(images(2), moved) - at_rest
        np.testing.assert_allclose(difference[:, JAW], [0.2, -0.8], atol=1e-5)
        np.testing.assert_allclose(np.delete(difference, JAW, axis=1), 0.0, atol=1e-5)
    motion = np.random.default_rng(1).normal(0.0, 0.1, (3, MOTION_COUNT)).astype(np.float32)
    one, other = (predictor.predict(images(3), motion) for predictor in both)
    np.testing.assert_allclose(one, other, atol=1e-4)
    assert np.abs(one[0] - one[1]).max() > 1e-4


def test_a_new_network_reads_images_alone_as_one_without_landmarks():
    torch.manual_seed(1)
    with_landmarks = build_network(CONFIG).eval()
    alone = build_network(NetworkConfig(backbone="resnet10_half", image_size=64)).eval()
    alone.load_state_dict(
        {k: v for k, v in with_landmarks.state_dict().items() if k != "motion_head.weight"}
    )
    given, motion = torch.rand(2, 3, 64, 64), torch.rand(2, MOTION_COUNT)
    with torch.inference_mode():
        assert torch.equal(with_landmarks(given, motion), alone(given))
    with pytest.raises(NetworkError, match="needs the motion of landmarks"):
        with_landmarks(given)


def test_files_state_the_second_input(folder):
    text = read_metadata(folder / "x2cnet.safetensors")[CONFIG_KEY]
    assert json.loads(text)["landmarks"] is True
    network, config = load_network(folder / "x2cnet.safetensors")
    assert config == CONFIG
    assert network.motion_head is not None
    session = onnxruntime.InferenceSession(str(folder / "x2cnet.onnx"))
    assert [one.name for one in session.get_inputs()] == ["pictures", "motion"]
    assert list(session.get_inputs()[1].shape[1:]) == [MOTION_COUNT]


def test_weights_without_the_second_inputs_layer_are_refused(folder, tmp_path):
    network, _ = load_network(folder / "x2cnet.safetensors")
    network.motion_head = None
    path = tmp_path / "x2cnet.safetensors"
    save_network(path, network, CONFIG)
    with pytest.raises(NetworkError, match=r"missing: motion_head\.weight"):
        load_network(path)


def test_motion_that_is_missing_or_no_motion_is_refused(both):
    for predictor in both:
        with pytest.raises(NetworkError, match="needs the motion of landmarks"):
            predictor.predict(images(1))
        with pytest.raises(NetworkError, match=rf"\(1, {MOTION_COUNT}\) finite numbers"):
            predictor.predict(images(1), still(2))
        broken = still(1)
        broken[0, 5] = np.nan
        with pytest.raises(NetworkError, match="NaN or infinity"):
            predictor.predict(images(1), broken)


def test_with_eight_bits_the_motion_is_read_as_exactly(folder, tmp_path):
    small = tmp_path / "small.onnx"
    cost = quantize_onnx(folder / "x2cnet.onnx", images(4), small)
    assert cost.largest < 0.1
    predictor = load_predictor(small)
    moved = still(1)
    moved[0, ASIDE] = MOTION_UNITS[ASIDE]
    difference = predictor.predict(images(1), moved) - predictor.predict(images(1), still(1))
    assert difference[0, JAW] == pytest.approx(0.2, abs=1e-5)


def test_the_backend_reads_landmarks_and_holds_without(folder, image_robot, model, make_face):
    robot = load_robot(image_robot)
    network = str(folder / "x2cnet.onnx")
    imitator = make_imitator("x2cnet", robot, {"network": network})
    assert "landmarks" in imitator.details["network"]
    imitator.calibrate(make_face(model.neutral))
    at_rest = imitator.imitate(Observation(make_face(model.neutral)))
    np.testing.assert_allclose(at_rest, controls.NEUTRAL, atol=0.02)
    moved = make_face(model.landmarks(controls.from_names({"Jaw Yaw": 0.9})))
    assert abs(imitator.imitate(Observation(moved))[JAW] - controls.NEUTRAL[JAW]) > 0.05
    moved.landmarks[7] = np.inf
    with pytest.raises(LandmarkError, match="finite"):
        imitator.imitate(Observation(moved))
