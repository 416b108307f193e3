# SPDX-License-Identifier: Apache-2.0
"""The paper's backbones: keys, shapes and features are those of torchvision and transformers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed: it makes and reads networks")

import torch

from x2c_imitation.x2cnet.network.backbones.backbone import BACKBONES, backbone_of
from x2c_imitation.x2cnet.network.config import NetworkConfig, preset
from x2c_imitation.x2cnet.network.layouts import recognise_backbone, shapes
from x2c_imitation.x2cnet.network.weights import load_network
from x2c_imitation.x2cnet.network.without_values import without_values
from x2c_imitation.x2cnet.network.x2control import X2Control

pytestmark = pytest.mark.slow

SIZE = 64
NAMES = ("vgg16", "efficientnet_b0", "vit_b16")
HEAD_INPUTS = {"resnet18": 512, "vgg16": 25088, "efficientnet_b0": 1280, "vit_b16": 151296}


@pytest.fixture(scope="module")
def expected():
    return dict(np.load(Path(__file__).parent / "data" / "backbones.npz"))


def waves(state):
    """Return weights that follow from shapes and order of the keys."""
    made = {}
    for number, (key, tensor) in enumerate(sorted(state.items())):
        if not tensor.is_floating_point():
            made[key] = torch.zeros(tensor.shape, dtype=tensor.dtype)
            continue
        steps = torch.arange(tensor.numel(), dtype=torch.float32).remainder(9973.0)
        wave = torch.sin(steps * 1.7 + number).reshape(tensor.shape)
        if tensor.ndim > 1:
            fan_in = tensor[0].numel() if tensor.shape[0] > 1 else 1
            made[key] = 1.4 * wave / fan_in**0.5
        elif key.endswith(("weight", "running_var")):
            made[key] = 1.0 + 0.2 * wave
        else:
            made[key] = 0.1 * wave
    return made


@pytest.mark.parametrize("name", NAMES)
def test_keys_shapes_and_features_are_those_of_the_libraries(expected, name):
    with without_values():
        network = BACKBONES[name].build(SIZE)
    state = network.state_dict()
    listed = [f"{key} {'x'.join(map(str, value.shape))}" for key, value in state.items()]
    assert sorted(listed) == sorted(expected[f"{name}_keys"].tolist())
    network.load_state_dict(waves(state), assign=True)
    steps = torch.arange(3 * SIZE * SIZE, dtype=torch.float32)
    with torch.inference_mode():
        found = network.eval()(torch.sin(steps * 0.37).reshape(1, 3, SIZE, SIZE)).flatten()
    assert len(found) == backbone_of(name).features(SIZE)
    places = np.linspace(0, len(found) - 1, 256).round().astype(int)
    difference = np.abs(found.numpy()[places] - expected[name]).max()
    assert difference < 1e-3 * expected[name].std()


@pytest.mark.parametrize("name", HEAD_INPUTS)
def test_heads_are_as_wide_as_in_the_published_checkpoints(name):
    with without_values():
        network = X2Control(NetworkConfig(backbone=name))
    assert network.pos_pred_head[0].weight.shape == (256, HEAD_INPUTS[name])
    assert recognise_backbone(shapes(network.state_dict())) == name


def test_a_published_checkpoint_of_another_backbone_is_read(tmp_path):
    config = NetworkConfig(backbone="efficientnet_b0")
    path = tmp_path / "x2control.pth"
    given = X2Control(config).state_dict()
    torch.save({"model": given, "epoch": 10}, path)
    network, read = load_network(path, preset("x2c"))
    assert read.backbone == "efficientnet_b0"
    assert torch.equal(network.state_dict()["pos_pred_head.4.bias"], given["pos_pred_head.4.bias"])


def test_blocks_are_left_out_in_training_alone():
    network = BACKBONES["efficientnet_b0"].build(SIZE)
    image = torch.ones(2, 3, SIZE, SIZE)
    network.eval()
    assert torch.equal(network(image), network(image))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network.train()
        assert not torch.equal(network(image), network(image))


def test_a_transformer_is_exported_for_any_number_of_images():
    with without_values():
        network = BACKBONES["vit_b16"].build(SIZE).eval()
        images = torch.zeros(2, 3, SIZE, SIZE)
    # A network for two images alone is refused here.
    program = torch.export.export(network, (images,), dynamic_shapes=({0: torch.export.Dim("n")},))
    output = next(iter(program.graph.find_nodes(op="output"))).args[0][0]
    assert not isinstance(output.meta["val"].shape[0], int)
