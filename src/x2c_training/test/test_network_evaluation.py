# SPDX-License-Identifier: Apache-2.0
import json

import numpy as np
import pytest
import torch

from x2c_core.control_space import controls
from x2c_core.errors import X2CError
from x2c_datasets.errors import DataSetError
from x2c_datasets.formats import read_data_set
from x2c_imitation.x2cnet.network.config import AngleUnit, NetworkConfig
from x2c_imitation.x2cnet.network.weights import save_network
from x2c_imitation.x2cnet.network.x2control import build_network
from x2c_training.data.preparation import prepare
from x2c_training.data.transferrer import TransferChoice
from x2c_training.evaluation import evaluation_plot
from x2c_training.evaluation.evaluation_report import (
    as_json,
    as_markdown,
    by_control,
    by_group,
    comparison,
    neutral_error,
)
from x2c_training.evaluation.network_evaluation import choose_split, evaluate
from x2c_training.evaluation.prediction import predict

pytestmark = pytest.mark.slow

SETTINGS = {"loss": {"kind": "l1", "feature_matching": 0.1, "transferred": 0.0}}


def save(path, size=32, unit=AngleUnit.RAD, neutral=True, metadata=None):
    """Write a network that always says neutral, or anything."""
    config = NetworkConfig(backbone="resnet10_half", image_size=size, angle_unit=unit)
    torch.manual_seed(1)
    network = build_network(config)
    if neutral:
        torch.nn.init.zeros_(network.pos_pred_head[-1].weight)
    path.parent.mkdir(exist_ok=True)
    save_network(path, network, config, metadata)
    return path


@pytest.mark.parametrize("unit", [AngleUnit.RAD, AngleUnit.DEG])
def test_who_always_says_neutral_has_the_error_of_neutral(simulated, robot, tmp_path, unit):
    data = read_data_set(simulated, landmarks=True).split("train")
    network = save(tmp_path / "n.safetensors", unit=unit)
    (found,), skipped = evaluate([network], data, TransferChoice(robot))
    expected = neutral_error(found)[0]
    assert expected > 0.02
    assert found.predictions["rendered"].errors.mae == pytest.approx(expected, rel=1e-4)
    assert found.predictions["transferred"].errors.mae == pytest.approx(expected, rel=1e-4)
    assert found.predictions["rendered"].errors.rows == 32
    assert skipped == []


def test_networks_are_compared_whatever_their_size(simulated, robot, tmp_path):
    data = read_data_set(simulated, landmarks=True).split("val")
    metadata = {"settings": json.dumps(SETTINGS)}
    paths = [
        save(tmp_path / "a/network.safetensors", neutral=False, metadata=metadata),
        save(tmp_path / "b/network.safetensors", size=48),
    ]
    found, _ = evaluate(paths, data, TransferChoice(robot))
    assert [one.name for one in found] == ["a/network", "b/network"]
    table = comparison(found)
    assert table[0][:4] == ["network", "backbone", "size", "loss"]
    assert table[1][:4] == ["a/network", "resnet10_half", "32", "l1 + feature matching"]
    assert table[2][2:4] == ["48", "unknown"]
    assert table[3][0] == "always neutral"
    assert len(by_group(found, "transferred")) == 8
    assert len(by_control(found[0])) == 31
    assert as_markdown(table).splitlines()[1].startswith("| --- |")
    content = json.loads(as_json(found, "data", "val", []))
    assert content["networks"][1]["config"]["image_size"] == 48
    assert len(content["networks"][0]["rendered"]["controls"]) == controls.COUNT
    evaluation_plot.save(found[0].predictions["rendered"], "a", tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size > 10_000


def test_training_and_evaluation_agree(simulated, robot, tmp_path):
    path = save(tmp_path / "n.safetensors", neutral=False)
    data = read_data_set(simulated, landmarks=True).split("val")
    (found,), _ = evaluate([path], data, TransferChoice(robot), cache=tmp_path)
    torch.manual_seed(1)
    network = build_network(found.config)
    choice = TransferChoice(robot)
    prepared = prepare(data, NetworkConfig(image_size=32), choice, folder=tmp_path)
    rows = prepared.rows("val")
    for kind, theirs in found.predictions.items():
        ours = predict(network, found.config, prepared, rows, kind)
        assert np.allclose(ours.predicted, theirs.predicted, atol=1e-4)
        assert ours.errors.mae == pytest.approx(theirs.errors.mae, abs=1e-5)


def test_data_of_upstream_are_evaluated_on_their_images_alone(upstream, tmp_path):
    folder = upstream(tmp_path / "data", count=9, name="val_split_cg.pkl")
    (folder / "images/val_split_cg_2.png").write_text("no image")
    data = choose_split(read_data_set(folder, landmarks=True), None)
    (found,), skipped = evaluate([save(tmp_path / "n.safetensors")], data, None)
    assert list(found.predictions) == ["rendered"]
    assert found.predictions["rendered"].errors.rows == 8
    assert len(skipped) == 1
    assert "row 2" in skipped[0]
    assert comparison([found])[0][4:] == ["rendered MAE", "rendered MSE"]


def test_splits_are_chosen_by_name_or_by_what_there_is(simulated, upstream, tmp_path):
    data = read_data_set(simulated)
    assert choose_split(data, None).splits == ("test",)
    assert choose_split(data, "val").splits == ("val",)
    assert choose_split(read_data_set(upstream(tmp_path)), None).splits == ("train",)
    with pytest.raises(DataSetError, match="no pairs in the split 'real_test'"):
        choose_split(data, "real_test")


def test_a_network_that_is_not_there_is_told(simulated, robot, tmp_path):
    data = read_data_set(simulated, landmarks=True).split("val")
    with pytest.raises(X2CError, match="there is no file"):
        evaluate([tmp_path / "n.safetensors"], data, TransferChoice(robot))
