# SPDX-License-Identifier: Apache-2.0
"""Both runtimes read the same values off an image, and refuse what they cannot run."""

from __future__ import annotations

import dataclasses
import shutil
import subprocess
import sys

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from x2c_core.control_space import controls
from x2c_imitation.errors import NetworkError

pytest.importorskip("torch", reason="torch is not installed: it makes and reads networks")

import torch

from x2c_imitation.x2cnet.network.config import NetworkConfig, RuntimeName, preset
from x2c_imitation.x2cnet.network.weights import load_network, save_network
from x2c_imitation.x2cnet.runtime import export
from x2c_imitation.x2cnet.runtime.export import export_weights
from x2c_imitation.x2cnet.runtime.predictor import Predictor, fit, load_predictor, resize
from x2c_imitation.x2cnet.runtime.runtime import Runtime

pytestmark = pytest.mark.slow

SIZE = 64


def images(count, height=SIZE, width=SIZE, seed=0):
    shape = (count, height, width, 3)
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


@pytest.fixture
def files(tmp_path, network_folder):
    """Copies of a network's weights and of its ONNX file, to be spoilt."""
    for name in ("x2cnet.safetensors", "x2cnet.onnx"):
        shutil.copyfile(network_folder / name, tmp_path / name)
    return tmp_path / "x2cnet.safetensors", tmp_path / "x2cnet.onnx"


@pytest.fixture(scope="module")
def both(network_folder):
    path = network_folder / "x2cnet.safetensors"
    return [load_predictor(path, runtime) for runtime in RuntimeName]


@given(count=st.integers(0, 5), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=20)
def test_both_runtimes_agree_for_any_number_of_images(both, count, seed):
    one, other = (predictor.predict(images(count, seed=seed)) for predictor in both)
    assert one.shape == other.shape == (count, controls.COUNT)
    np.testing.assert_allclose(one, other, atol=1e-4)


def test_an_image_is_read_the_same_alone_and_among_others(both):
    several = images(3)
    for predictor in both:
        alone = [predictor.predict(several[place : place + 1])[0] for place in range(3)]
        np.testing.assert_allclose(predictor.predict(several), alone, atol=1e-5)
        assert np.abs(alone[0] - alone[1]).max() > 1e-3


@pytest.mark.parametrize("shape", [(48, 80), (200, 31), (64, 64), (512, 512)])
def test_images_of_any_size_are_brought_to_the_networks(both, shape):
    for predictor in both:
        assert np.isfinite(predictor.predict(images(2, *shape))).all()


def test_resizing_keeps_what_has_the_size_and_averages_what_is_larger():
    same = images(2)
    assert resize(same, SIZE) is same or np.array_equal(resize(same, SIZE), same)
    board = np.zeros((1, 128, 128, 3), dtype=np.uint8)
    board[:, ::2, ::2] = board[:, 1::2, 1::2] = 200
    assert np.array_equal(resize(board, 64), np.full((1, 64, 64, 3), 100))


@pytest.mark.parametrize(
    "bad",
    [
        np.zeros((64, 64, 3), dtype=np.uint8),
        np.zeros((1, 64, 64, 4), dtype=np.uint8),
        np.zeros((1, 3, 64, 64), dtype=np.uint8),
        np.zeros((1, 64, 64, 3), dtype=np.float32),
    ],
    ids=["one image", "alpha", "channels first", "floats"],
)
def test_what_is_no_batch_of_images_is_refused(both, bad):
    for predictor in both:
        with pytest.raises(NetworkError, match="expected images"):
            predictor.predict(bad)


class Fixed(Runtime):
    """Gives the same outputs for every image."""

    def __init__(self, outputs, config):
        self._outputs, self._config = outputs, config

    @property
    def config(self):
        return self._config

    def infer(self, given):
        return np.tile(np.asarray(self._outputs, dtype=np.float32), (len(given), 1))


def test_degrees_of_upstreams_networks_become_radians():
    outputs = np.full(controls.COUNT, 0.5)
    outputs[controls.index("Head Yaw")] = 90.0
    for config, expected in ((preset("x2c"), np.pi / 2), (NetworkConfig(), 90.0)):
        (values,) = Predictor(Fixed(outputs, config)).predict(images(1))
        assert values[controls.index("Head Yaw")] == pytest.approx(expected)
        assert values[controls.index("Jaw Pitch")] == pytest.approx(0.5)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_outputs_that_are_no_numbers_are_refused(value):
    outputs = np.zeros(controls.COUNT)
    outputs[7] = value
    with pytest.raises(NetworkError, match="NaN or infinite"):
        Predictor(Fixed(outputs, NetworkConfig())).predict(images(1))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["x2c", "vividface"])
def test_an_exported_network_of_upstream_gives_the_same_values(
    tmp_path, network_folder, monkeypatch, name
):
    network, _ = load_network(network_folder / "x2cnet.safetensors")
    config = dataclasses.replace(preset(name), backbone="resnet10_half", image_size=SIZE)
    torch.save({"model": network.state_dict()}, tmp_path / "up.pth")
    threads, exported_networks = torch.get_num_threads(), []

    def load_for_training(*given):
        network, read = load_network(*given)
        exported_networks.append(network.train())
        return network, read

    monkeypatch.setattr(export, "load_network", load_for_training)
    assert export_weights(tmp_path / "up.pth", tmp_path / "up.onnx", config) < 1e-4
    assert [one.training for one in exported_networks] == [True], "it stays as it was"
    assert torch.get_num_threads() == threads
    assert {file.name for file in tmp_path.iterdir()} == {"up.pth", "up.onnx"}
    exported = load_predictor(tmp_path / "up.onnx")
    assert exported.config == config
    run = load_predictor(tmp_path / "up.pth", "torch", config=config)
    given_images = images(3)
    expected = run.predict(given_images)
    np.testing.assert_allclose(exported.predict(given_images), expected, atol=1e-4)
    assert np.abs(run.predict(given_images[..., ::-1]) - expected).max() > 1e-3


def test_either_of_the_two_files_may_be_named(files):
    for path in files:
        for runtime in RuntimeName:
            assert load_predictor(path, runtime).predict(images(1)).shape == (1, 30)


def test_weights_without_their_onnx_file_are_refused_with_what_to_do(files):
    weights, exported = files
    exported.unlink()
    with pytest.raises(NetworkError, match=r"no x2cnet\.onnx beside .*export-network .*torch"):
        load_predictor(weights)
    weights.unlink()
    with pytest.raises(NetworkError, match=r"there is no file .*x2cnet\.safetensors"):
        load_predictor(weights)
    with pytest.raises(NetworkError, match=r"there is no file .*x2cnet\.onnx"):
        load_predictor(exported)


def test_an_onnx_file_without_its_weights_is_refused_by_torch(files):
    weights, exported = files
    weights.unlink()
    with pytest.raises(NetworkError, match=r"x2cnet\.safetensors .*runtime:=onnx"):
        load_predictor(exported, "torch")


def test_an_onnx_file_alone_is_enough_for_onnx(files, network_folder):
    weights, onnx = files
    weights.unlink()
    whole = load_predictor(network_folder / "x2cnet.safetensors", "onnx")
    # As a robot's folder names its network.
    for named in (weights, onnx):
        alone = load_predictor(named, "onnx")
        assert np.array_equal(alone.predict(images(2)), whole.predict(images(2)))


def test_an_onnx_file_of_other_weights_is_refused(files):
    weights, exported = files
    network, config = load_network(weights)
    with torch.no_grad():
        network.pos_pred_head[-1].bias += 0.1
    save_network(weights, network, config)
    with pytest.raises(NetworkError, match=r"made of other weights .*export-network.* again"):
        load_predictor(weights)
    # Who names the ONNX file means it.
    load_predictor(exported)


@pytest.mark.parametrize("runtime", RuntimeName)
def test_a_missing_gpu_is_told(network_folder, runtime):
    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("there is one")
    if torch.cuda.is_available():
        pytest.skip("there is one")
    with pytest.raises(NetworkError, match=r"device cuda: .*device:=cpu"):
        load_predictor(network_folder / "x2cnet.onnx", runtime, "cuda")


def test_unknown_runtimes_and_devices_are_refused_with_the_known_ones(network_folder):
    path = network_folder / "x2cnet.onnx"
    with pytest.raises(NetworkError, match="unknown runtime 'jax'; they are: onnx, torch"):
        load_predictor(path, "jax")
    with pytest.raises(NetworkError, match="unknown device 'tpu'; they are: cpu, cuda"):
        load_predictor(path, "onnx", "tpu")


@pytest.mark.parametrize("content", [b"", b"no network at all", None])
def test_a_broken_onnx_file_is_refused(files, content):
    _, exported = files
    exported.write_bytes(exported.read_bytes()[:5000] if content is None else content)
    with pytest.raises(NetworkError, match=r"x2cnet\.onnx cannot be read as a network .*whole"):
        load_predictor(exported)


def edited(path, edit):
    model = onnx.load(path)
    edit(model)
    path.write_bytes(model.SerializeToString())
    return path


def set_config(model, **changes):
    content = dataclasses.replace(NetworkConfig(image_size=SIZE), **changes).as_json()
    onnx.helper.set_model_props(model, {"network_config": content})


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda model: onnx.helper.set_model_props(model, {}), "does not state which images"),
        (
            lambda model: onnx.helper.set_model_props(model, {"network_config": "{}"}),
            "network_config in its metadata: .*missing",
        ),
        (lambda model: set_config(model, image_size=96), r"expected .*\(n, 96, 96, 3\).*64, 64"),
    ],
    ids=["no configuration", "another's configuration", "another size"],
)
def test_an_onnx_file_that_does_not_fit_is_refused(files, edit, said):
    with pytest.raises(NetworkError, match=said):
        load_predictor(edited(files[1], edit))


def test_an_onnx_file_of_another_program_is_refused(tmp_path):
    whole = onnx.helper
    kind = onnx.TensorProto.FLOAT
    ends = [
        [whole.make_tensor_value_info(name, kind, [1, 3, 224, 224])] for name in ("input", "out")
    ]
    node = whole.make_node("Relu", ["input"], ["out"])
    opset = [whole.make_opsetid("", 18)]
    model = whole.make_model(whole.make_graph([node], "g", *ends), opset_imports=opset)
    model.ir_version = 9
    set_config(model)
    path = tmp_path / "other.onnx"
    path.write_bytes(model.SerializeToString())
    with pytest.raises(NetworkError) as caught:
        load_predictor(path)
    text = str(caught.value)
    assert "expected pictures tensor(uint8) (n, 64, 64, 3) to controls tensor(float)" in text
    assert "got input tensor(float) (n, 3, 224, 224)" in text
    assert "with a fixed n" in text


@pytest.mark.process
def test_onnx_needs_no_torch(network_folder):
    code = (
        "import sys; from pathlib import Path;"
        "import numpy as np;"
        "from x2c_imitation.x2cnet.runtime.predictor import load_predictor;"
        f"load_predictor(Path({str(network_folder)!r}) / 'x2cnet.safetensors')"
        ".predict(np.zeros((1, 64, 64, 3), np.uint8));"
        "sys.exit('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, timeout=400)
    assert done.returncode == 0


def test_a_network_sees_its_part_of_an_image():
    config = NetworkConfig(image_size=64, crop=(0.25, 0.0, 0.75, 0.5))
    assert config.whole_size == 128
    images = np.zeros((2, 128, 128, 3), np.uint8)
    images[:, :64, 32:96] = np.random.default_rng(0).integers(1, 255, (2, 64, 64, 3))
    assert np.array_equal(fit(images, config), images[:, :64, 32:96])
    assert fit(images[:, :100, :70], config).shape == (2, 64, 64, 3)
    other = fit(np.repeat(np.repeat(images, 2, axis=1), 2, axis=2), config)
    assert np.array_equal(other, fit(images, config)), "whatever the image's size"
