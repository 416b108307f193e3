# SPDX-License-Identifier: Apache-2.0
"""X2Control: keys, shapes and outputs are those of the published network."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from x2c_core.control_space import controls
from x2c_imitation.errors import NetworkError

pytest.importorskip("torch", reason="torch is not installed: it makes and reads networks")

import torch

from x2c_imitation.x2cnet.network.backbones.backbone import BACKBONES, backbone_of
from x2c_imitation.x2cnet.network.config import NetworkConfig, preset
from x2c_imitation.x2cnet.network.x2control import (
    Normalizer,
    build_network,
    in_network_units,
)

pytestmark = pytest.mark.slow

DATA = Path(__file__).parent / "data"


def published_layout() -> dict[str, tuple[int, ...]]:
    with (DATA / "x2control_keys.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {row["key"]: tuple(int(n) for n in row["shape"].split("x") if n) for row in rows}


def test_keys_and_shapes_are_the_published_ones():
    network = build_network(preset("x2c"))
    found = {key: tuple(value.shape) for key, value in network.state_dict().items()}
    assert found == published_layout()
    assert list(found) == list(published_layout())


def test_outputs_are_the_published_ones(weights_from_keys, smooth_image):
    network = build_network(preset("x2c")).eval()
    network.load_state_dict(weights_from_keys(network.state_dict()))
    images = torch.cat([smooth_image(100, 224), smooth_image(101, 224)])
    expected = np.load(DATA / "x2control_outputs.npz")
    with torch.inference_mode():
        features, values = network.features(images), network(images)
    for found, name in ((features, "features"), (values, "controls")):
        assert np.abs(found.numpy() - expected[name]).max() < 1e-4 * expected[name].std()


@pytest.mark.parametrize("backbone", BACKBONES)
def test_every_backbone_gives_features_and_values(backbone):
    network = build_network(NetworkConfig(backbone=backbone, image_size=64)).eval()
    with torch.inference_mode():
        images = torch.zeros(2, 3, 64, 64)
        features = network.features(images)
        assert features.shape == (2, backbone_of(backbone).features(64))
        assert torch.equal(network.controls_from(features), network(images))
        assert network(images).shape == (2, controls.COUNT)


def test_an_unknown_backbone_is_refused_with_the_known_ones():
    with pytest.raises(NetworkError, match=r"unknown backbone 'resnet19'.*resnet18, resnet34"):
        build_network(NetworkConfig(backbone="resnet19"))


def test_a_new_network_shows_about_the_neutral_face():
    for config in (NetworkConfig(backbone="resnet10_half"), preset("x2c")):
        network = build_network(config).eval()
        bias = network.pos_pred_head[-1].bias.detach().numpy()
        np.testing.assert_allclose(bias, in_network_units(controls.NEUTRAL, config), rtol=1e-6)


def test_angles_of_a_network_in_degrees_are_degrees():
    values = controls.from_names({"Head Yaw": np.pi / 6, "Jaw Pitch": 0.5})
    degrees = in_network_units(values, preset("x2c"))
    assert degrees[controls.index("Head Yaw")] == pytest.approx(30.0)
    assert degrees[controls.index("Jaw Pitch")] == pytest.approx(0.5)
    np.testing.assert_allclose(in_network_units(values, NetworkConfig()), values, rtol=1e-6)


@pytest.mark.parametrize("name", ["x2c", "vividface"])
def test_images_are_normalised_in_the_networks_order_of_colours(name):
    config = preset(name)
    image = np.zeros((1, 4, 5, 3), dtype=np.uint8)
    image[..., :] = (255, 51, 0)
    red, green, blue = 1.0, 0.2, 0.0
    channels = [blue, green, red] if name == "x2c" else [red, green, blue]
    found = Normalizer(config)(torch.from_numpy(image))
    assert found.shape == (1, 3, 4, 5)
    expected = (np.array(channels) - config.mean) / np.array(config.std)
    np.testing.assert_allclose(found[0, :, 2, 3], expected, rtol=1e-5)
    assert not Normalizer(config).state_dict()
