# SPDX-License-Identifier: Apache-2.0
"""The commands that train networks and measure them."""

import json
import pickle
import signal
import sys

import cv2
import numpy as np
import pytest

from x2c_cli import cli
from x2c_core.control_space import controls
from x2c_imitation.x2cnet.network.weights import load_network
from x2c_training.training.trainer import Trainer

pytestmark = pytest.mark.slow

SMALL = [
    *("--set", "network.backbone=resnet10_half", "--set", "network.image_size=32"),
    *("--set", "optimizer.batch_size=8", "--device", "cpu", "--workers", "1"),
]


@pytest.fixture
def data(tmp_path):
    """Lay out a data set of upstream's kind."""
    folder = tmp_path / "data"
    folder.mkdir()
    generator = np.random.default_rng(2)
    for name, count in (("train_split_cg.pkl", 32), ("val_split_cg.pkl", 8)):
        paths = [f"{name[:3]}{index}.png" for index in range(count)]
        for path in paths:
            image = generator.integers(0, 255, (24, 24, 3)).astype(np.uint8)
            cv2.imwrite(str(folder / path), image)
        shares = generator.uniform(-0.9, 0.9, (count, controls.COUNT))
        values = controls.to_upstream([controls.from_deflection(one) for one in shares])
        (folder / name).write_bytes(pickle.dumps({"img_path": paths, "ctrl_values": values}))
    # Upstream's test set of real faces has other keys, and images in folders.
    (folder / "real").mkdir()
    (folder / "real" / "face 1.png").write_bytes((folder / paths[0]).read_bytes())
    real = {"img_paths": ["real/face 1.png"], "control_vals": values[:1].tolist()}
    (folder / "real_test_split_filtered.pkl").write_bytes(pickle.dumps(real))
    return folder


def ended(words):
    with pytest.raises(SystemExit) as caught:
        cli.main([str(word) for word in words])
    return caught.value.code


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--set", "optimizer.epoch=3"], "unknown key in optimizer: epoch"),
        (["--epochs", "0"], "optimizer.epochs: expected a number from 1"),
        (["--config", "nothing"], "there is no file nothing; installed settings: quick, virtual"),
        (["--robot", "nobody"], "unknown robot 'nobody'"),
        (["--set", "network.backbone=vgg11"], "unknown backbone 'vgg11'"),
        (["--device", "tpu"], "unknown device 'tpu'"),
        (["--data", "nowhere"], "there is no data set at nowhere"),
    ],
)
def test_bad_arguments_are_refused_by_name(capsys, tmp_path, data, words, complaint):
    out = tmp_path / "out"
    assert ended(["train", "--data", data, "--out", out, "--workers", "1", *words]) == 2
    assert complaint in capsys.readouterr().err
    assert not out.exists()


def test_a_network_is_trained_and_measured(capsys, tmp_path, data):
    out = tmp_path / "out"
    train = ["train", "--data", data, "--out", out, "--epochs", "1", "--seed", "3", *SMALL]
    assert ended([*train, "--set", "data.test=val"]) == 0
    said = capsys.readouterr().out
    assert "no transferred images can be made: the data set has no landmarks" in said
    assert "val, rendered images: error" in said
    weights = out / "network.safetensors"
    measured = tmp_path / "measured"
    measure = ["evaluate-network", weights, "--data", data, "--workers", "1"]
    assert ended([*measure, "--out", measured, "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert content["split"] == "val"
    assert content["networks"][0]["trained"]["run"]["seed"] == 3
    assert content == json.loads((measured / "evaluation.json").read_text())
    assert "| Nose Wrinkle |" in (measured / "evaluation.md").read_text()
    assert (measured / "network_rendered.png").is_file()
    assert ended([*measure, "--split", "real_test", "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert content["split"] == "real_test"
    assert ended([*measure, "--split", "test"]) == 2
    assert "no pairs in the split 'test'" in capsys.readouterr().err


def test_an_ablation_makes_one_table_and_goes_on_where_it_stopped(capsys, tmp_path, data):
    out = tmp_path / "out"
    words = ["ablate", "--data", data, "--out", out, "--epochs", "1", *SMALL]
    words += ["--set", "data.test=val", "--losses", "l1,mse", "--features", "none"]
    words += ["--backbones", "resnet10_half"]
    assert ended([*words, "--part", "2/2"]) == 0
    assert not (out / "ablation.md").exists()
    done = out / "resnet10_half_mse_none" / "network.safetensors"
    weights = load_network(done)[0].state_dict()
    capsys.readouterr()
    assert ended(words) == 0
    assert "resumed after step 4 of 4" in capsys.readouterr().out
    again = load_network(done)[0].state_dict()
    assert all(again[key].equal(value) for key, value in weights.items())
    rows = (out / "ablation.csv").read_text().splitlines()
    assert rows[0] == "backbone,loss,features,rendered MAE,rendered MSE"
    assert [row.rpartition(",none,")[0] for row in rows[1:]] == [
        "resnet10_half,l1",
        "resnet10_half,mse",
    ]
    assert "| resnet10_half | mse | none |" in (out / "ablation.md").read_text()
    assert (out / "ablation.png").is_file()


def test_an_ablation_runs_on_a_cluster_and_names_what_failed(capsys, tmp_path, data):
    distributed = pytest.importorskip("distributed", reason="Dask is not installed")
    out = tmp_path / "out"
    words = ["ablate", "--data", data, "--out", out, "--epochs", "1", *SMALL]
    words += ["--set", "data.test=val", "--losses", "mse,l1", "--features", "none"]
    words += ["--backbones", "resnet10_half"]
    # What lies where a training's folder is to be makes that one fail.
    out.mkdir()
    in_the_way = out / "resnet10_half_l1_none"
    in_the_way.write_text("", encoding="utf-8")
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
    ) as cluster:
        words += ["--cluster", cluster.scheduler_address]
        assert ended(words) == 1
        said = capsys.readouterr().out
        assert "resnet10_half_l1_none; failed: TrainingError: cannot write to" in said
        rows = (out / "ablation.csv").read_text().splitlines()
        assert [row.rpartition(",none,")[0] for row in rows[1:]] == ["resnet10_half,mse"]
        in_the_way.unlink()
        assert ended(words) == 0
    rows = (out / "ablation.csv").read_text().splitlines()
    assert [row.rpartition(",none,")[0] for row in rows[1:]] == [
        "resnet10_half,mse",
        "resnet10_half,l1",
    ]
    assert "Written: " in capsys.readouterr().out
    # Trained here, it comes out the same.
    alone = ["ablate", "--data", data, "--out", tmp_path / "alone", *words[5:-2]]
    assert ended(alone) == 0
    assert (tmp_path / "alone" / "ablation.csv").read_text().splitlines() == rows


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--losses", "l3"], "loss: expected one of l1, mse, huber, got 'l3'"),
        (["--features", "some"], "features: expected one of none, matching, adaptation"),
        (["--backbones", "vgg11"], "unknown backbone 'vgg11'"),
        (["--backbones", ","], "at least one backbone"),
        (["--part", "3/2"], "part: expected such as 1/4, got '3/2'"),
        (["--part", "half"], "part: expected such as 1/4, got 'half'"),
    ],
)
def test_an_ablation_of_what_is_not_there_is_refused(capsys, tmp_path, words, complaint):
    out = tmp_path / "out"
    assert ended(["ablate", "--data", tmp_path, "--out", out, "--workers", "1", *words]) == 2
    assert complaint in capsys.readouterr().err
    assert not out.exists()


def test_ctrl_c_keeps_what_was_learned(
    capsys, tmp_path, data, node_process, wait_until, monkeypatch
):
    out = tmp_path / "out"
    words = ["train", "--data", data, "--out", out, "--epochs", "2000", *SMALL]
    running = node_process(command=[sys.executable, "-m", "x2c_cli.cli", *words])
    saved = out / "checkpoint.pt"
    wait_until(lambda: saved.exists() or not running.running, "a checkpoint", 400.0)
    assert running.stop(timeout=400) == 130
    assert f"Stopped; to resume in {out}, give the same command again." in running.output
    original = Trainer.run

    def stopped(self, step, stop):
        signal.raise_signal(signal.SIGINT)
        return original(self, step, stop)

    # It goes on, and is stopped again.
    monkeypatch.setattr(Trainer, "run", stopped)
    assert ended(words) == 130
    assert "resumed after step" in capsys.readouterr().out
