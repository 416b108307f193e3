# SPDX-License-Identifier: Apache-2.0
"""Weights come back from files as they went; what is none is refused, and nothing is run."""

from __future__ import annotations

import argparse
import collections
import os
import pickle
import sys
import types
import typing
import zipfile
from pathlib import Path

import numpy as np
import pytest

from x2c_imitation.errors import NetworkError

pytest.importorskip("torch", reason="torch is not installed: it makes and reads networks")

import torch

from x2c_imitation.x2cnet.network.config import NetworkConfig, preset
from x2c_imitation.x2cnet.network.files import read_metadata
from x2c_imitation.x2cnet.network.weights import load_network, save_network
from x2c_imitation.x2cnet.network.x2control import build_network
from x2c_testing.tensors import assert_close

pytestmark = pytest.mark.slow

CONFIG = NetworkConfig(backbone="resnet18_quarter", image_size=64)


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(3)
    return build_network(CONFIG).eval()


def same(one, other):
    ours, theirs = one.state_dict(), other.state_dict()
    return list(ours) == list(theirs) and all(torch.equal(ours[key], theirs[key]) for key in ours)


def test_what_was_saved_is_loaded(tmp_path, network):
    path = tmp_path / "x2cnet.safetensors"
    save_network(path, network, CONFIG, {"seed": "3"})
    loaded, config = load_network(path)
    assert config == CONFIG
    assert same(loaded, network)
    assert not loaded.training
    assert read_metadata(path)["seed"] == "3"
    assert sorted(tmp_path.iterdir()) == [path]


def test_half_as_long_numbers_take_half_the_room(tmp_path, network):
    whole, half = tmp_path / "whole.safetensors", tmp_path / "half.safetensors"
    save_network(whole, network, CONFIG)
    save_network(half, network, CONFIG, half=True)
    assert half.stat().st_size < 0.6 * whole.stat().st_size
    loaded, _ = load_network(half)
    ours, theirs = network.state_dict(), loaded.state_dict()
    for key, value in theirs.items():
        assert value.dtype == ours[key].dtype
        assert_close(value, ours[key], rtol=1e-3, atol=1e-6)


def test_a_file_that_cannot_be_written_is_told(tmp_path, network):
    with pytest.raises(NetworkError, match=r"cannot write .*gone.*No such file"):
        save_network(tmp_path / "gone" / "x.safetensors", network, CONFIG)


class DictConfig:
    """Stands for a settings library's class, which the reader need not have."""

    def __init__(self) -> None:
        self.content = {"lr": 1e-3, "more": collections.defaultdict(dict), "kind": typing.Any}


@pytest.fixture
def settings_object(monkeypatch):
    """An object as upstream's checkpoints hold, of a library that is gone when they are read."""
    module = types.ModuleType("omegaconf.dictconfig")
    module.DictConfig = DictConfig
    monkeypatch.setattr(DictConfig, "__module__", module.__name__)
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "omegaconf", types.ModuleType("omegaconf"))
        patch.setitem(sys.modules, module.__name__, module)
        yield DictConfig()


@pytest.mark.parametrize("kind", ["plain", "model", "parallel", "optimizer", "own configuration"])
def test_every_kind_of_checkpoint_is_read(tmp_path, network, kind):
    path = tmp_path / "checkpoint.pth"
    state = network.state_dict()
    content = {
        "plain": state,
        "model": {"model": state, "epoch": 7},
        "parallel": {"model": {f"module.{key}": value for key, value in state.items()}},
        "optimizer": {"model": state, "optimizer": torch.optim.AdamW(network.parameters())},
        "own configuration": {"model": state, "network_config": CONFIG.as_dict()},
    }[kind]
    if kind == "optimizer":
        content["optimizer"] = content["optimizer"].state_dict()
    torch.save(content, path)
    loaded, config = load_network(path, None if kind == "own configuration" else preset("x2c"))
    assert same(loaded, network)
    # The backbone is told by the weights themselves.
    assert config.backbone == "resnet18_quarter"
    assert (config == CONFIG) == (kind == "own configuration")


def prefixed(state, prefix):
    return {prefix + key: value for key, value in state.items()}


@pytest.mark.parametrize(
    "make",
    [
        lambda state: {"state_dict": state},
        lambda state: {"model_state_dict": state, "optimizer_state_dict": {}},
        lambda state: {"model": prefixed(state, "_orig_mod.")},
        lambda state: {"model": prefixed(state, "_orig_mod.module.")},
        lambda state: prefixed(state, "module._orig_mod."),
        lambda state: {
            "state_dict": {
                **prefixed(state, "model."),
                "criterion.weight": torch.ones(3),
                "metric.total": torch.ones(1),
            },
            "pytorch-lightning_version": "2.5.0",
            "hyper_parameters": {"lr": 1e-3},
            "callbacks": {},
        },
        lambda state: {"model": {k: v * 0.5 for k, v in state.items()}, "model_ema": state},
        lambda state: {
            "model": {key: value * 0.5 for key, value in state.items()},
            "ema": {"module": prefixed(state, "module."), "decay": 0.999},
        },
        lambda state: {"model": state, "ema": {"shadow": dict(list(state.items())[:3])}},
        lambda state: {**prefixed(state, "module."), "n_averaged": torch.tensor(7)},
        lambda state: {"model": state, "loss": np.float64(0.25), "best": np.float32(1.5)},
        lambda state: {"model": state, "history": np.arange(3.0), "path": Path("runs/1")},
    ],
)
def test_checkpoints_of_training_libraries_are_read(tmp_path, network, make):
    path = tmp_path / "checkpoint.ckpt"
    torch.save(make(network.state_dict()), path)
    assert same(load_network(path, preset("x2c"))[0], network)


@pytest.mark.parametrize("name", ["x.pth", "x.safetensors", "x.ckpt"])
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 300000000\n",
            "Git LFS pointer that stands for a file of 300000000 bytes: run 'git lfs pull'",
        ),
        ("<!DOCTYPE html><html><head>", "is a web page, as a server sends it"),
        ('{"error": "Invalid credentials"}', "is the error message of a server.*Invalid cred"),
        ("Entry not found", "is the error message of a server"),
    ],
)
def test_what_a_failed_download_left_is_named(tmp_path, name, content, said):
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(NetworkError, match=said) as refused:
        load_network(path, preset("x2c"))
    assert "more than weights" not in str(refused.value)


def test_settings_of_the_training_in_a_checkpoint_do_no_harm(tmp_path, network, settings_object):
    path = tmp_path / "checkpoint.pth"
    state = network.state_dict()
    torch.save({"opt": settings_object, "model": state}, path)
    torch.save({"args": argparse.Namespace(lr=1e-3), "model": state}, tmp_path / "other.pth")
    for module in ("omegaconf", "omegaconf.dictconfig"):
        del sys.modules[module]
    for one in (path, tmp_path / "other.pth"):
        assert same(load_network(one, preset("x2c"))[0], network)
    assert "omegaconf" not in sys.modules


def test_without_a_configuration_it_is_told_where_to_get_one(tmp_path, network):
    path = tmp_path / "checkpoint.pth"
    torch.save(network.state_dict(), path)
    with pytest.raises(NetworkError, match=r"does not state.*export-network .*--preset x2c"):
        load_network(path)


class Evil:
    def __init__(self, mark: Path) -> None:
        self.mark = str(mark)

    def __reduce__(self):
        return os.mkdir, (self.mark,)


@pytest.mark.parametrize("kind", ["checkpoint", "old checkpoint", "pickle", "settings"])
def test_a_malicious_pickle_is_refused_and_not_run(tmp_path, network, kind):
    path, mark = tmp_path / "evil.pth", tmp_path / "was_run"
    content = {"model": network.state_dict(), "opt": Evil(mark)}
    if kind == "pickle":
        path.write_bytes(pickle.dumps(Evil(mark), protocol=2))
    elif kind == "settings":
        torch.save(content | {"opt": argparse.Namespace(inner=Evil(mark))}, path)
    else:
        torch.save(content, path, _use_new_zipfile_serialization=kind == "checkpoint")
    with pytest.raises(NetworkError, match=r"evil\.pth is refused: it holds more than weights"):
        load_network(path, preset("x2c"))
    assert not mark.exists()
    pickle.loads(pickle.dumps(Evil(mark)))
    assert mark.exists(), "the trap itself must work"


def test_the_text_of_a_refusal_does_not_recommend_to_read_it_anyway(tmp_path):
    path = tmp_path / "evil.pth"
    torch.save({"opt": Evil(tmp_path / "mark")}, path)
    with pytest.raises(NetworkError) as caught:
        load_network(path, preset("x2c"))
    assert "weights_only" not in str(caught.value)
    assert "os.mkdir" in str(caught.value) or "posix.mkdir" in str(caught.value)


@pytest.mark.parametrize("name", ["x.pth", "x.safetensors"])
@pytest.mark.parametrize("content", ["missing", "empty", "text", "half", "noise"])
def test_a_file_that_is_no_network_is_refused(tmp_path, network, name, content):
    path = tmp_path / name
    whole = tmp_path / f"whole_{name}"
    if path.suffix == ".safetensors":
        save_network(whole, network, CONFIG)
    else:
        torch.save(network.state_dict(), whole)
    data = whole.read_bytes()
    made = {
        "empty": b"",
        "text": b"hello, I am no network\n" * 9,
        "half": data[: len(data) // 2],
        "noise": bytes(range(256)) * 9,
    }
    if content != "missing":
        path.write_bytes(made[content])
    with pytest.raises(NetworkError, match=name.replace(".", r"\.")):
        load_network(path, preset("x2c"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ([1, 2], "expected a state dict, or a dict with one as 'model', got list"),
        ({"model": 3}, "expected a state dict as 'model', got int"),
        ({"epoch": 3}, "expected the tensors of a network, got epoch"),
        ({"model": {}}, "expected the tensors of a network, got nothing"),
        ({"network_config": {"backbone": "x"}, "model": {}}, "network_config: .*: missing"),
    ],
)
def test_a_checkpoint_without_weights_is_refused(tmp_path, content, said):
    path = tmp_path / "x.pth"
    torch.save(content, path)
    with pytest.raises(NetworkError, match=said):
        load_network(path, preset("x2c"))


def test_weights_that_have_gone_astray_are_refused(tmp_path, network):
    path = tmp_path / "x.pth"
    state = {key: value.clone() for key, value in network.state_dict().items()}
    state["pos_pred_head.4.bias"][3] = float("nan")
    torch.save(state, path)
    with pytest.raises(NetworkError, match=r"NaN or infinity in pos_pred_head\.4\.bias"):
        load_network(path, preset("x2c"))


def test_both_lists_are_in_the_error(tmp_path, network):
    path = tmp_path / "x.pth"
    state = dict(network.state_dict())
    del state["feature_extractor.0.weight"], state["feature_extractor.7.1.conv2.weight"]
    state["head.bias"] = torch.zeros(30)
    state["pos_pred_head.4.weight"] = torch.zeros(31, 256)
    torch.save(state, path)
    with pytest.raises(NetworkError) as caught:
        load_network(path, CONFIG)
    text = str(caught.value)
    assert "2 missing: feature_extractor.0.weight, feature_extractor.7.1.conv2.weight" in text
    assert "1 unexpected: head.bias" in text
    assert "1 of other shape: pos_pred_head.4.weight is [31, 256], expected [30, 256]" in text
    assert "X2Control with backbone resnet18_quarter" in text
    assert str(path) in text


def test_a_file_above_the_limit_is_refused_before_it_is_unpacked(tmp_path, network, monkeypatch):
    safe, packed = tmp_path / "a.safetensors", tmp_path / "a.pth"
    save_network(safe, network, CONFIG)
    torch.save(network.state_dict(), packed)
    monkeypatch.setenv("X2C_MAX_NETWORK_BYTES", "1000")
    for path in (safe, packed):
        with pytest.raises(NetworkError, match=r"unpacks to \d+ bytes; the limit is 1000: "):
            load_network(path, CONFIG)


def test_a_checkpoint_is_measured_by_what_it_unpacks_to(tmp_path, monkeypatch):
    path = tmp_path / "a.pth"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data/0", bytes(100_000))
    assert path.stat().st_size < 1000
    monkeypatch.setenv("X2C_MAX_NETWORK_BYTES", "99999")
    with pytest.raises(NetworkError, match="unpacks to 100000 bytes; the limit is 99999: "):
        load_network(path, CONFIG)


def test_a_tensor_that_repeats_one_number_is_refused_before_it_is_copied(tmp_path):
    path = tmp_path / "a.pth"
    torch.save({"weight": torch.zeros(1, dtype=torch.float16).expand(2**20, 2**20)}, path)
    with pytest.raises(NetworkError, match=r"'weight' of the shape \(1048576, 1048576\) does not"):
        load_network(path, CONFIG)


@pytest.mark.parametrize("name", ["a.safetensors", "a.pth"])
def test_a_pipe_is_refused_at_once(tmp_path, name):
    os.mkfifo(tmp_path / name)
    with pytest.raises(NetworkError, match=f"cannot read .*{name}: it is a named pipe"):
        load_network(tmp_path / name, CONFIG)
