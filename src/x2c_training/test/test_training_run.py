# SPDX-License-Identifier: Apache-2.0
"""Whole trainings, small ones."""

import csv
import dataclasses
import json
import pickle
import shutil
import signal
import subprocess
import sys

import numpy as np
import pytest
import torch

from x2c_core.control_space import controls
from x2c_core.robot.robot_file import load_robot
from x2c_imitation.errors import NetworkError
from x2c_imitation.x2cnet.network.config import AngleUnit, ColorOrder, NetworkConfig
from x2c_imitation.x2cnet.network.files import read_metadata
from x2c_imitation.x2cnet.network.weights import load_network, save_network
from x2c_imitation.x2cnet.network.x2control import build_network, in_network_units
from x2c_training.device import Team
from x2c_training.errors import CheckpointError, PreparationError, TrainingError
from x2c_training.settings_file import read_settings
from x2c_training.training import checkpoint, trainer, training_run
from x2c_training.training.initialisation import first_network
from x2c_training.training.trainer import Trainer
from x2c_training.training.training_run import CARD, SETTINGS, WEIGHTS, TrainingJob, train

pytestmark = pytest.mark.slow

SMALL = [
    *("network.backbone=resnet10_half", "network.image_size=32"),
    *("optimizer.batch_size=8", "optimizer.epochs=3", "run.device=cpu", "run.precision=float32"),
]


class Log:
    """Keeps what a training tells, and stops it at a step."""

    def __init__(self, stop_at=None):
        self.begun = None
        self.epochs = []
        self.told = []
        self.stop_at = stop_at

    def begin(self, step, total):
        self.begun = step, total

    def step(self, step, values):
        if self.stop_at is not None and step >= self.stop_at:
            # As Ctrl-C would.
            signal.raise_signal(signal.SIGINT)
            self.stop_at = None

    def epoch(self, values):
        self.epochs.append(values)


def job(data, out, robot, *overrides, **changes):
    settings = read_settings(None, [*SMALL, *overrides])
    return TrainingJob(data=data, robot=robot, out=out, settings=settings, **changes)


def run(one, log=None):
    log = log or Log()
    return train(one, Team(), log, lambda done, total: None, log.told.append), log


def losses(folder):
    """Return steps with learning rate and losses, as text."""
    with (folder / "steps.csv").open() as file:
        return [tuple(row.values()) for row in csv.DictReader(file)]


def epochs(folder):
    """Return what was told of each epoch but for what depends on the machine, as text."""
    with (folder / "epochs.csv").open() as file:
        return [tuple(row.values())[:6] for row in csv.DictReader(file)]


@pytest.fixture(scope="module")
def once(simulated, robot, tmp_path_factory):
    """Copy a finished training of one epoch into a folder, and return its job."""
    made = tmp_path_factory.mktemp("once") / "out"
    run(job(simulated, made, robot, "optimizer.epochs=1"))

    def copy(out):
        shutil.copytree(made, out)
        return job(simulated, out, robot, "optimizer.epochs=1")

    return copy


WITH_FEATURES = ("loss.feature_matching=0.1", "loss.transferred=1.0")


def test_a_training_that_is_stopped_goes_on_with_the_same_losses(simulated, robot, tmp_path):
    settings = (*WITH_FEATURES, "run.seed=3")
    whole, _ = run(job(simulated, tmp_path / "whole", robot, *settings))
    assert whole.finished
    rows = losses(tmp_path / "whole")
    assert len(rows) == 12, "3 epochs of 32 pairs in batches of 8"
    broken = job(simulated, tmp_path / "broken", robot, *settings)
    # The losses are fetched every 10 steps, so it is in the middle of the third epoch.
    first, _ = run(broken, Log(stop_at=10))
    assert not first.finished
    assert first.weights is None
    assert len(losses(tmp_path / "broken")) == 10
    again, log = run(broken)
    assert log.begun == (10, 12)
    assert again.finished
    assert losses(tmp_path / "broken") == rows
    ours, theirs = (load_network(tmp_path / name / WEIGHTS)[0] for name in ("whole", "broken"))
    for key, value in ours.state_dict().items():
        assert torch.equal(value, theirs.state_dict()[key]), key
    assert again.errors["transferred"] == whole.errors["transferred"]


def test_a_killed_training_goes_on_from_its_last_epoch(simulated, robot, tmp_path, monkeypatch):
    one = job(simulated, tmp_path / "out", robot)
    original = Trainer._step

    def killed(self, step, batch):
        if step == 6:
            raise SystemExit
        original(self, step, batch)

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "_step", killed)
        with pytest.raises(SystemExit):
            run(one)
    outcome, log = run(one)
    assert outcome.finished
    assert log.begun == (4, 12)
    assert [int(row[0]) for row in losses(tmp_path / "out")] == list(range(1, 13))
    run(job(simulated, tmp_path / "whole", robot))
    assert losses(tmp_path / "out") == losses(tmp_path / "whole")


def test_weights_come_with_configuration_and_card(simulated, robot, tmp_path):
    out = tmp_path / "out"
    outcome, log = run(job(simulated, out, robot, *WITH_FEATURES, command="./x2c train me"))
    network, config = load_network(outcome.weights)
    assert (config.backbone, config.image_size) == ("resnet10_half", 32)
    assert not network.training
    card = (out / CARD).read_text()
    for part in ("32 train, 4 val, 4 test", "./x2c train me", "| seed | 0 |", "rendered images"):
        assert part in card
    assert f"{outcome.errors['transferred'].mae:.4f}" in card
    metadata = read_metadata(outcome.weights)
    assert json.loads(metadata["settings"])["loss"]["feature_matching"] == 0.1
    assert len(log.epochs) == 3
    assert {"val_mae_rendered", "val_mae_transferred", "waiting_share"} <= log.epochs[0].keys()
    assert list((out / "tensorboard").glob("events*"))


def test_a_finished_training_is_not_done_again(once, tmp_path):
    one = once(tmp_path / "out")
    outcome, log = run(one)
    assert log.begun == (4, 4)
    assert outcome.finished
    _, log = run(dataclasses.replace(one, fresh=True))
    assert log.begun == (0, 4)


def test_a_training_of_a_version_with_fewer_settings_goes_on(once, tmp_path):
    one = once(tmp_path / "out")
    path = tmp_path / "out" / checkpoint.FILE
    state = checkpoint.load(path)
    del state["identity"]["settings"]["loss"]["feature_adaptation"]
    checkpoint.save(path, state)
    assert run(one)[1].begun == (4, 4)


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("loss.kind=mse", "settings.loss.kind: 'huber' instead of 'mse'"),
        ("run.seed=4", "seed: 0 instead of 4"),
        ("data.limit=16", "data: "),
    ],
)
def test_another_training_does_not_go_on(simulated, robot, once, tmp_path, override, said):
    out = tmp_path / "out"
    one = once(out)
    with pytest.raises(CheckpointError, match="of another training") as caught:
        run(job(simulated, out, robot, "optimizer.epochs=1", override))
    assert said in str(caught.value)
    assert "--fresh" in str(caught.value)
    assert run(one)[1].begun == (4, 4)


def test_data_that_are_prepared_otherwise_now_are_refused_with_the_way_out(once, tmp_path):
    one = once(tmp_path / "out")
    path = tmp_path / "out" / checkpoint.FILE
    state = checkpoint.load(path)
    state["identity"]["data"] = "a" * 16
    checkpoint.save(path, state)
    with pytest.raises(CheckpointError, match="data were prepared otherwise") as caught:
        run(one)
    assert "own settings" not in str(caught.value)
    assert run(dataclasses.replace(one, fresh=True))[0].finished


def test_steps_of_a_version_with_fewer_columns_are_kept(simulated, robot, tmp_path):
    out = tmp_path / "out"
    one = job(simulated, out, robot)
    run(one, Log(stop_at=10))
    rows = losses(out)
    lines = [",".join(row) for row in rows]
    columns = ("step", *trainer.STEP_COLUMNS)
    without = columns.index("descriptors")
    cut = [",".join(line.split(",")[:without] + line.split(",")[without + 1 :]) for line in lines]
    header = ",".join(name for name in columns if name != "descriptors")
    (out / "steps.csv").write_text("\n".join([header, *cut]) + "\n")
    run(one)
    kept = losses(out)
    assert len(kept) == 12
    assert kept[0] == (*rows[0][:without], "", *rows[0][without + 1 :])


def test_descriptors_without_an_expression_model_are_refused_before_anything(
    simulated, robot, once, tmp_path, monkeypatch
):
    once(tmp_path / "out")
    bare = tmp_path / "bare"
    shutil.copytree(robot, bare)
    load_robot(bare).expression_model.unlink()
    monkeypatch.setattr(training_run, "prepare", lambda *given, **named: pytest.fail("prepared"))
    one = job(simulated, tmp_path / "out", bare, "loss.descriptors=0.2", fresh=True)
    with pytest.raises(
        TrainingError, match=r"loss\.descriptors needs .* or set loss\.desc"
    ) as why:
        run(one)
    assert "there is no expression model" in str(why.value)
    assert (tmp_path / "out" / WEIGHTS).is_file()


def test_a_refused_training_leaves_the_settings_of_the_one_that_is_there(
    simulated, robot, once, tmp_path
):
    once(tmp_path / "out")
    before = (tmp_path / "out" / SETTINGS).read_text()
    with pytest.raises(CheckpointError, match="of another training"):
        run(job(simulated, tmp_path / "out", robot, "optimizer.epochs=2"))
    assert (tmp_path / "out" / SETTINGS).read_text() == before


def test_a_fresh_start_that_is_stopped_keeps_the_earlier_training(once, tmp_path, monkeypatch):
    one = once(tmp_path / "out")
    before = (tmp_path / "out" / WEIGHTS).read_bytes()
    monkeypatch.setattr(Trainer, "run", lambda self, step, stop: False)
    outcome, _ = run(dataclasses.replace(one, fresh=True))
    assert not outcome.finished
    (kept,) = (tmp_path / "out").glob(f"earlier-*/{WEIGHTS}")
    assert kept.read_bytes() == before
    assert str(kept.parent) in " ".join(outcome.notes)


@pytest.mark.parametrize("name", [WEIGHTS, "checkpoint.pt"])
def test_a_fresh_start_does_not_delete_what_it_begins_with(once, tmp_path, name):
    one = once(tmp_path / "out")
    start = tmp_path / "out" / name
    content = start.read_bytes()
    with pytest.raises(TrainingError, match="--fresh would delete"):
        run(dataclasses.replace(one, fresh=True, start=start))
    assert start.read_bytes() == content


def test_a_training_goes_on_in_another_precision(simulated, robot, tmp_path, monkeypatch):
    one = job(simulated, tmp_path / "out", robot)
    run(one, Log(stop_at=10))
    # As on a GPU: the gradients are scaled, which the first part has kept nothing of.
    monkeypatch.setattr(trainer, "choose_precision", lambda *given: torch.float16)
    outcome, log = run(one)
    assert outcome.finished
    assert log.begun == (10, 12)


@pytest.fixture(scope="module")
def five_epochs(simulated, robot, tmp_path_factory):
    """What is told of the epochs of a training that was never stopped."""
    folder = tmp_path_factory.mktemp("whole")
    run(job(simulated, folder, robot, "optimizer.epochs=5"))
    return epochs(folder)


@pytest.mark.parametrize("stop_at", [10, 12])
def test_every_epoch_is_told_of_wherever_a_training_was_stopped(
    simulated, robot, five_epochs, tmp_path, monkeypatch, stop_at
):
    monkeypatch.setattr(trainer, "_FLUSH", 2)
    settings = ("optimizer.epochs=5",)
    broken = job(simulated, tmp_path / "broken", robot, *settings)
    first, _ = run(broken, Log(stop_at=stop_at))
    assert not first.finished
    run(broken)
    assert epochs(tmp_path / "broken") == five_epochs


def test_it_learns(upstream, robot, tmp_path):
    data = upstream(tmp_path / "data", count=64)
    # The images' brightness tells the values: it must not be changed.
    plain = [f"augmentation.{name}=0" for name in ("brightness", "contrast")]
    settings = (*plain, "optimizer.epochs=15", "loss.kind=l1", "data.transferred=no")
    _, log = run(job(data, tmp_path / "out", robot, *settings))
    assert log.epochs[-1]["mae"] < 0.6 * log.epochs[0]["mae"]


def test_data_of_upstream_are_trained_on_without_transferred_images(upstream, robot, tmp_path):
    data = upstream(tmp_path / "data")
    upstream(tmp_path / "data", count=9, name="val_split_cg.pkl")
    outcome, log = run(job(data, tmp_path / "out", robot, "optimizer.epochs=1"))
    assert outcome.finished
    assert outcome.errors == {}, "upstream has no test split"
    assert "the data set has no landmarks; training continues without them" in log.told[0]
    assert "val_mae_rendered" in log.epochs[0]
    assert any("angles taken as degrees" in note for note in outcome.notes)


@pytest.mark.parametrize("override", ["loss.feature_matching=0.1", "data.transferred=yes"])
def test_feature_matching_without_transferred_images_is_refused(
    upstream, robot, tmp_path, override
):
    data = upstream(tmp_path / "data")
    with pytest.raises(PreparationError, match="the data set has no landmarks"):
        run(job(data, tmp_path / "out", robot, override))
    with pytest.raises(PreparationError, match=r"data\.transferred is no|no landmarks"):
        run(job(data, tmp_path / "o", robot, "loss.transferred=1", "data.transferred=no"))


def test_bad_rows_are_reported(upstream, robot, tmp_path):
    data = upstream(tmp_path / "data")
    file = data / "train_split_cg.pkl"
    content = pickle.loads(file.read_bytes())
    (data / content["img_path"][4]).write_text("no image")
    outcome, _ = run(job(data, tmp_path / "out", robot, "optimizer.epochs=1"))
    assert len(outcome.skipped) == 1
    assert "row 4" in outcome.skipped[0]
    assert "| left out | 1 row |" in (tmp_path / "out" / CARD).read_text()


def test_a_training_that_goes_astray_says_so(simulated, robot, tmp_path, monkeypatch):
    monkeypatch.setattr(Trainer, "learning_rate", lambda self, step: 1e30)
    out = tmp_path / "out"
    with pytest.raises(TrainingError, match="gone astray"):
        run(job(simulated, out, robot))
    assert not (out / WEIGHTS).exists()


def test_a_training_begins_with_given_weights(simulated, robot, once, tmp_path):
    once(tmp_path / "first")
    given = tmp_path / "first" / WEIGHTS
    still = ("optimizer.epochs=1", "optimizer.learning_rate=1e-9")
    started = job(simulated, tmp_path / "second", robot, *still, start=given)
    second, _ = run(started)
    ours, theirs = (load_network(one)[0] for one in (given, second.weights))
    for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.allclose(one, other, atol=1e-6)
    checkpoint = tmp_path / "first/checkpoint.pt"
    third, _ = run(job(simulated, tmp_path / "third", robot, *still, start=checkpoint))
    assert third.errors == second.errors, "a checkpoint holds the same weights"
    with pytest.raises(CheckpointError, match="start: "):
        run(dataclasses.replace(started, start=None))
    other = ("network.backbone=resnet18_half",)
    with pytest.raises(TrainingError, match=r"backbone resnet10_half, but .* resnet18_half"):
        run(job(simulated, tmp_path / "fourth", robot, *other, start=checkpoint))


def test_given_weights_say_the_same_in_other_units_and_colours(tmp_path):
    found = NetworkConfig(
        backbone="resnet10_half",
        image_size=32,
        angle_unit=AngleUnit.DEG,
        color_order=ColorOrder.BGR,
        mean=(0.4, 0.4, 0.4),
    )
    given = build_network(found).eval()
    save_network(tmp_path / "given.safetensors", given, found)
    config = NetworkConfig(backbone="resnet10_half", image_size=32)
    network, note = first_network(tmp_path / "given.safetensors", config)
    image = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        ours, theirs = network.eval()(image).numpy(), given(image.flip(1)).numpy()
    ones = np.ones(controls.COUNT)
    ours, theirs = ours / in_network_units(ones, config), theirs / in_network_units(ones, found)
    assert np.allclose(ours, theirs, atol=1e-4)
    assert note.endswith("another mean")


def test_weights_that_do_not_tell_their_units_are_no_beginning(tmp_path):
    config = NetworkConfig(backbone="resnet10_half", image_size=32)
    torch.save(build_network(config).state_dict(), tmp_path / "bare.pth")
    with pytest.raises(NetworkError, match="export-network"):
        first_network(tmp_path / "bare.pth", config)


def test_a_limit_takes_pairs_evenly(simulated, robot, tmp_path):
    outcome, log = run(job(simulated, tmp_path / "out", robot, "data.limit=16"))
    assert log.begun == (0, 6)
    assert "16 train, 4 val, 4 test" in (tmp_path / "out" / CARD).read_text()
    assert outcome.errors["rendered"].rows == 4


def test_the_learning_rate_rises_and_falls(simulated, robot, tmp_path):
    settings = ("optimizer.warm_up=0.25", "optimizer.learning_rate=0.01")
    run(job(simulated, tmp_path / "out", robot, *settings))
    rates = [float(row[2]) for row in losses(tmp_path / "out")]
    assert rates[:3] == pytest.approx([0.01 / 3, 0.02 / 3, 0.01])
    assert rates[3:] == sorted(rates[3:], reverse=True)
    assert rates[-1] < 0.001


PROGRAM = """
import sys
from pathlib import Path
import torch
from torch import distributed
from x2c_training.device import team
from x2c_training.settings_file import read_settings
from x2c_training.training.training_run import TrainingJob, train
from x2c_training.training import training_run

class Quiet:
    def begin(self, step, total): pass
    def step(self, step, values): pass
    def epoch(self, values): pass

data, robot, out, apart = map(Path, sys.argv[1:5])
settings = read_settings(None, sys.argv[5:])
keep = []
made = training_run.Trainer
class Kept(made):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        keep.append(self)
training_run.Trainer = Kept
with team("cpu") as group:
    train(TrainingJob(data, robot, out, settings), group, Quiet(), lambda d, t: None, print)
    weights = torch.cat([p.detach().ravel() for p in keep[0].network.parameters()])
    all_of_them = [torch.zeros_like(weights) for _ in range(group.processes)]
    distributed.all_gather(all_of_them, weights)
    equal = all(torch.equal(weights, other) for other in all_of_them)
    if group.leads:
        print("processes", group.processes, "equal", equal)
    # One process finds a checkpoint in its folder, the other none.
    own = TrainingJob(data, robot, apart / str(group.rank), read_settings(None, SMALL))
    train(own, group, Quiet(), lambda d, t: None, print)
"""


@pytest.mark.process
def test_two_processes_train_one_network_and_with_different_checkpoints_none(
    simulated, robot, tmp_path
):
    apart = tmp_path / "apart"
    run(job(simulated, apart / "0", robot), Log(stop_at=10))
    # Of two processes, as the one that looks for it.
    path = apart / "0" / checkpoint.FILE
    state = checkpoint.load(path)
    state["identity"]["processes"] = 2
    checkpoint.save(path, state)
    program = tmp_path / "program.py"
    program.write_text(PROGRAM.replace("SMALL", repr(SMALL)))
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    paths = map(str, (program, simulated, robot, tmp_path / "two", apart))
    done = subprocess.run(
        [*launcher, "--nproc-per-node", "2", *paths, *SMALL, *WITH_FEATURES],
        capture_output=True,
        text=True,
        timeout=400,
    )
    assert "processes 2 equal True" in done.stdout, done.stderr
    two = losses(tmp_path / "two")
    run(job(simulated, tmp_path / "one", robot, *WITH_FEATURES))
    one = losses(tmp_path / "one")
    assert len(two) == len(one) == 12
    # Each process sees half of every batch, and norms only that half: alike, but not the same.
    assert float(two[0][3]) == pytest.approx(float(one[0][3]), rel=0.3)
    assert (tmp_path / "two" / WEIGHTS).is_file()
    assert done.returncode != 0
    assert "--out must be a folder that all machines share" in done.stderr
