# SPDX-License-Identifier: Apache-2.0
"""x2c export-network: from weights to what the nodes run."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch

from x2c_cli import cli
from x2c_imitation.x2cnet.network.config import NetworkConfig, preset
from x2c_imitation.x2cnet.network.files import read_metadata
from x2c_imitation.x2cnet.network.weights import load_network, save_network
from x2c_imitation.x2cnet.network.x2control import build_network
from x2c_imitation.x2cnet.runtime.predictor import load_predictor

pytestmark = pytest.mark.slow

CONFIG = NetworkConfig(backbone="resnet10_half", image_size=64)


@pytest.fixture
def weights(tmp_path):
    path = tmp_path / "x2cnet.safetensors"
    save_network(path, build_network(CONFIG), CONFIG)
    return path


@pytest.fixture
def checkpoint(tmp_path):
    """A checkpoint as upstream's, which does not tell its configuration."""
    path = tmp_path / "up.pth"
    torch.save({"model": build_network(CONFIG).state_dict()}, path)
    return path


def run(*words):
    with pytest.raises(SystemExit) as ended:
        cli.main(["export-network", *map(str, words)])
    return ended.value.code


def test_weights_become_onnx_beside_them_and_8_bits(weights, tmp_path, capsys):
    folder = tmp_path / "images"
    folder.mkdir()
    for number in range(4):
        image = np.random.default_rng(number).integers(0, 256, (64, 64, 3), dtype=np.uint8)
        cv2.imwrite(str(folder / f"{number}.png"), image)
    assert run(weights, "--int8", folder) == 0
    exact = load_predictor(weights)
    small = load_predictor(tmp_path / "x2cnet.int8.onnx")
    assert exact.config == small.config == CONFIG
    assert "on 4 images its outputs moved by" in capsys.readouterr().out


def test_a_checkpoint_of_upstream_becomes_safetensors(checkpoint, tmp_path, capsys):
    out = tmp_path / "own.safetensors"
    assert run(checkpoint, "--preset", "x2c", "--image-size", 64, "--out", out) == 0
    _, config = load_network(out)
    assert (config.mean, config.color_order) == (preset("x2c").mean, "bgr")
    assert (config.backbone, config.image_size) == ("resnet10_half", 64)
    assert "angles in deg" in capsys.readouterr().out
    assert run(checkpoint, "--preset", "vividface", "--angles", "rad", "--out", out) == 0
    assert load_network(out)[1].angle_unit == "rad"


def test_16_bits_take_half_the_room_and_keep_what_the_file_tells(weights, tmp_path):
    save_network(weights, build_network(CONFIG), CONFIG, {"robot": "mine"})
    out = tmp_path / "small.safetensors"
    assert run(weights, "--out", out, "--half") == 0
    assert out.stat().st_size < 0.6 * weights.stat().st_size
    assert read_metadata(out)["robot"] == "mine"
    assert load_network(out)[1] == CONFIG


def test_what_cannot_be_is_refused(checkpoint, weights, tmp_path, capsys):
    gone = tmp_path / "gone" / "x.onnx"
    own = tmp_path / "own.safetensors"
    for words, said in (
        ((checkpoint,), "does not state which"),
        ((checkpoint, "--angles", "rad"), "only change what --preset says"),
        ((tmp_path / "gone.pth", "--preset", "x2c"), "there is no network"),
        ((weights, "--out", gone), "cannot write"),
        ((weights, "--out", own, "--int8", tmp_path), "--int8 needs an ONNX file"),
        ((weights, "--half"), "--half is for weights"),
    ):
        assert run(*words) == cli.REFUSED
        assert said in capsys.readouterr().err
