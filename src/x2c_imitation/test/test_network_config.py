# SPDX-License-Identifier: Apache-2.0
"""A network's configuration: what it may say, and that it comes back from files as it went."""

from __future__ import annotations

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from x2c_imitation.errors import NetworkError
from x2c_imitation.x2cnet.network.config import (
    PRESETS,
    AngleUnit,
    ColorOrder,
    NetworkConfig,
    preset,
)

channels = st.tuples(*[st.floats(0.01, 10.0)] * 3)


@given(
    st.builds(
        NetworkConfig,
        backbone=st.text(max_size=20),
        image_size=st.integers(32, 1024),
        color_order=st.sampled_from(ColorOrder),
        mean=channels,
        std=channels,
        angle_unit=st.sampled_from(AngleUnit),
    )
)
def test_it_comes_back_from_json(config):
    assert NetworkConfig.from_json(config.as_json()) == config


def test_the_presets_are_upstreams():
    x2c, vividface = preset("x2c"), preset("vividface")
    assert x2c.color_order == "bgr"
    assert x2c.mean == (0.4885, 0.4294, 0.3233)
    assert x2c.std == (0.1382, 0.1195, 0.1087)
    assert vividface.color_order == "rgb"
    assert vividface.mean == (0.485, 0.456, 0.406)
    assert vividface.std == (0.229, 0.224, 0.225)
    for config in PRESETS.values():
        assert config.backbone == "resnet18"
        assert config.image_size == 224
        assert config.angle_unit == "deg"


def test_an_unknown_preset_is_refused_with_the_known_ones():
    with pytest.raises(NetworkError, match=r"unknown preset 'x3c'.*x2c, vividface"):
        preset("x3c")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"image_size": 0}, "image_size: expected 32 to 1024 pixels, got 0"),
        ({"image_size": True}, "image_size"),
        ({"image_size": 128.5}, "image_size"),
        ({"color_order": "gbr"}, "color_order: expected one of rgb, bgr, got 'gbr'"),
        ({"angle_unit": "degrees"}, "angle_unit: expected one of rad, deg"),
        ({"angle_unit": []}, "angle_unit"),
        ({"mean": [0.5, 0.5]}, "mean: expected three numbers"),
        ({"mean": [0.5, float("nan"), 0.5]}, "mean: expected three numbers"),
        ({"std": [0.5, 0.0, 0.5]}, "std: expected positive numbers"),
        ({"std": "abc"}, "std: expected three numbers"),
        ({"backbone": 18}, "backbone: expected a name"),
        ({"crop": [0.5, 0.0, 0.5, 1.0]}, "crop: expected left, top, right and bottom"),
        ({"crop": [0.0, 0.0, 1.0]}, "crop: expected left"),
        ({"crop": [0.0, 0.0, 1.0, float("nan")]}, "crop: expected left"),
        ({"crop": "all"}, "crop: expected left"),
        ({"colour": "rgb"}, "unknown colour; known are backbone"),
    ],
)
def test_what_cannot_be_is_refused(changes, said):
    with pytest.raises(NetworkError, match=said):
        NetworkConfig.from_dict(NetworkConfig().as_dict() | changes)


def test_what_is_missing_is_named():
    content = NetworkConfig().as_dict()
    del content["std"], content["angle_unit"]
    with pytest.raises(NetworkError, match="std, angle_unit: missing"):
        NetworkConfig.from_dict(content)


@pytest.mark.parametrize("text", ["", "{", "[]", "3", json.dumps("rgb")])
def test_what_is_no_configuration_is_refused(text):
    with pytest.raises(NetworkError):
        NetworkConfig.from_json(text)


def test_numbers_of_other_types_become_floats():
    config = dataclasses.replace(NetworkConfig(), mean=[0, 0, 0], std=[1, 1, 1])
    assert config.mean == (0.0, 0.0, 0.0)
    assert hash(config) == hash(dataclasses.replace(config))


def test_files_from_before_there_were_crops_show_everything():
    content = NetworkConfig().as_dict()
    del content["crop"]
    assert NetworkConfig.from_dict(content).crop == (0.0, 0.0, 1.0, 1.0)


def test_whole_images_are_as_large_as_the_crop_asks():
    assert NetworkConfig(image_size=112).whole_size == 112
    assert NetworkConfig(image_size=112, crop=(0.18, 0.2, 0.82, 0.84)).whole_size == 175
