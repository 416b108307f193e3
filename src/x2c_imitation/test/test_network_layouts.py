# SPDX-License-Identifier: Apache-2.0
"""Weights of other networks are told apart by their keys and shapes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from x2c_imitation.errors import NetworkError

pytest.importorskip("torch", reason="torch is not installed: it makes and reads networks")


from x2c_imitation.x2cnet.network.backbones.backbone import BACKBONES
from x2c_imitation.x2cnet.network.config import NetworkConfig
from x2c_imitation.x2cnet.network.layouts import (
    check_layout,
    recognise,
    recognise_backbone,
)
from x2c_imitation.x2cnet.network.without_values import without_values
from x2c_imitation.x2cnet.network.x2control import build_network

pytestmark = pytest.mark.slow

OTHERS = {
    "appearance feature extractor": {"first.conv.weight": (64, 3, 3, 3)},
    "motion extractor": {"module.detector.downsample_layers.0.0.weight": (96, 3, 4, 4)},
    "warping module": {
        "dense_motion_network.hourglass.encoder.down_blocks.0.conv.weight": (64, 110, 3, 3, 3)
    },
    "SPADE generator": {"G_middle_0.conv_0.weight_orig": (512, 512, 3, 3)},
    "stitching network": {"mlp.0.weight": (128, 126)},
}


def layout(backbone):
    with without_values():
        state = build_network(NetworkConfig(backbone=backbone)).state_dict()
    return {key: tuple(value.shape) for key, value in state.items()}


def as_torchvision(backbone):
    """Return the layout of torchvision's classifier with this backbone."""
    names = {"0": "conv1", "1": "bn1", **{str(n): f"layer{n - 3}" for n in range(4, 8)}}
    found = {}
    for key, shape in layout(backbone).items():
        part, place, *rest = key.split(".")
        if part == "feature_extractor":
            found[".".join([names[place], *rest])] = shape
    return found | {"fc.weight": (1000, 512), "fc.bias": (1000,)}


@pytest.mark.parametrize("name", OTHERS)
def test_networks_of_others_are_named(name):
    assert name in recognise(OTHERS[name])
    with pytest.raises(NetworkError, match=f"they look like .*{name}"):
        check_layout(OTHERS[name], layout("resnet18_quarter"), "resnet18_quarter")


@pytest.mark.parametrize("backbone", BACKBONES)
def test_our_own_backbones_are_told_apart(backbone):
    assert recognise_backbone(layout(backbone)) == backbone
    assert recognise(layout(backbone)) == f"X2Control with backbone {backbone}"


def test_torchvisions_classifiers_are_named():
    said = recognise(as_torchvision("resnet34"))
    assert "torchvision" in said
    assert "resnet34" in said


def test_a_network_with_a_key_too_many_is_compared_with_ours():
    said = recognise(layout("resnet34") | {"extra": (1,)})
    assert said.startswith("X2Control with backbone resnet34, of which they share ")


def test_what_nobody_knows_is_said_to_be_unknown():
    assert recognise({"a.weight": (1, 2)}) is None
    with pytest.raises(NetworkError, match="they look like no network known here"):
        check_layout({"a.weight": (1, 2)}, {"b.weight": (1, 2)}, "resnet18")


def test_long_lists_are_cut_and_counted():
    with pytest.raises(NetworkError) as caught:
        check_layout({}, layout("resnet18"), "resnet18")
    assert "126 missing: feature_extractor.0.weight" in str(caught.value)
    assert "and 121 more" in str(caught.value)
    assert len(str(caught.value)) < 600


@given(st.dictionaries(st.text(max_size=12), st.lists(st.integers(0, 9), max_size=4).map(tuple)))
def test_any_layout_fits_itself_alone(given_shapes):
    check_layout(given_shapes, given_shapes, "x")
    with pytest.raises(NetworkError):
        check_layout(given_shapes, given_shapes | {"another key": (1,)}, "x")
