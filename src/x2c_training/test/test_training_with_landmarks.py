# SPDX-License-Identifier: Apache-2.0
"""Trainings of networks that take landmarks too, and of networks whose backbone is frozen."""

import csv
import dataclasses
import signal

import numpy as np
import pytest
import torch

from x2c_core.control_space import controls
from x2c_core.face.descriptors import Relation
from x2c_datasets.formats import read_data_set
from x2c_imitation.x2cnet.landmark_motion import MOTION_COUNT, MOTION_UNITS
from x2c_imitation.x2cnet.network.config import AngleUnit, NetworkConfig
from x2c_imitation.x2cnet.network.weights import load_network, save_network
from x2c_imitation.x2cnet.network.x2control import build_network
from x2c_training.data.augmentation import change_motion
from x2c_training.data.preparation import prepare
from x2c_training.data.transfer_images import LandmarkTransferrer
from x2c_training.data.transferrer import TransferChoice
from x2c_training.device import Team
from x2c_training.errors import PreparationError, SettingsError, TrainingError
from x2c_training.evaluation.network_evaluation import choose_split, evaluate
from x2c_training.settings import AugmentationSettings
from x2c_training.settings_file import read_settings
from x2c_training.training.initialisation import first_network
from x2c_training.training.training_run import CARD, TrainingJob, train

pytestmark = pytest.mark.slow

ALONE = NetworkConfig(backbone="resnet10_half", image_size=32)
CONFIG = dataclasses.replace(ALONE, landmarks=True)
SMALL = [
    *("network.backbone=resnet10_half", "network.image_size=32", "loss.transferred=1"),
    *("optimizer.batch_size=8", "optimizer.epochs=3", "run.device=cpu", "run.precision=float32"),
]
LANDMARKS, FROZEN = "network.landmarks=true", "network.frozen=true"

_SIDEWAYS = 6
"""Numbers that tell how far chin, lips, corners of the mouth and brows go aside."""


class Log:
    """Watches a training, and stops it at a step."""

    def __init__(self, stop_at=None):
        self.stop_at = stop_at

    def begin(self, step, total):
        self.begun = step

    def step(self, step, values):
        if self.stop_at is not None and step >= self.stop_at:
            signal.raise_signal(signal.SIGINT)
            self.stop_at = None

    def epoch(self, values):
        pass


def run(data, out, robot, *overrides, start=None, log=None):
    settings = read_settings(None, [*SMALL, *overrides])
    job = TrainingJob(data=data, robot=robot, out=out, settings=settings, start=start)
    return train(job, Team(), log or Log(), lambda done, total: None, lambda text: None)


@pytest.fixture(scope="module")
def images_alone(tmp_path_factory):
    """File of a network that takes images alone."""
    torch.manual_seed(2)
    path = tmp_path_factory.mktemp("alone") / "alone.safetensors"
    save_network(path, build_network(ALONE), ALONE)
    return path


def test_a_data_set_is_prepared_with_the_motion_of_its_landmarks(simulated, robot, tmp_path):
    data = read_data_set(simulated, landmarks=True)
    made = prepare(data, CONFIG, TransferChoice(robot), folder=tmp_path)
    assert made.motion.shape == (40, MOTION_COUNT)
    assert np.isfinite(made.motion).all()
    # The jaw goes aside as its control says. All the way to the tracker, it would be lost: 0.5.
    jaw = made.values[:, controls.index("Jaw Yaw")]
    transferrer = LandmarkTransferrer(TransferChoice(robot), CONFIG)
    exact = made.motion @ np.linalg.inv(transferrer.tracking)
    assert abs(np.corrcoef(exact[:, len(Relation)], jaw)[0, 1]) > 0.95
    sideways = made.motion[:, len(Relation) : len(Relation) + _SIDEWAYS]
    given = np.column_stack([sideways, np.ones(len(jaw))])
    read = given @ np.linalg.lstsq(given, jaw, rcond=None)[0]
    assert np.corrcoef(read, jaw)[0, 1] > 0.9
    alone = prepare(data, ALONE, TransferChoice(robot), folder=tmp_path)
    assert alone.motion is None
    assert alone.folder != made.folder
    assert np.array_equal(alone.transferred, made.transferred)


@pytest.mark.parametrize("frozen", [True, False])
def test_a_training_learns_to_read_the_landmarks(simulated, robot, tmp_path, images_alone, frozen):
    before, _ = load_network(images_alone)
    given = (LANDMARKS, f"network.frozen={frozen}".lower())
    outcome = run(simulated, tmp_path / "out", robot, *given, start=images_alone)
    after, config = load_network(outcome.weights)
    assert config == CONFIG
    assert after.motion_head.weight.abs().max() > 0.0
    kept = [
        torch.equal(value, after.state_dict()[key])
        for key, value in before.state_dict().items()
        if key.startswith("feature_extractor.") and value.is_floating_point()
    ]
    assert all(kept) if frozen else not any(kept)
    split = choose_split(read_data_set(simulated, landmarks=True), "test")
    (found,), _ = evaluate([outcome.weights], split, TransferChoice(robot))
    for kind in ("rendered", "transferred"):
        assert found.predictions[kind].errors.mae == pytest.approx(outcome.errors[kind].mae)


def test_a_frozen_training_that_is_stopped_goes_on_with_the_same_losses(
    simulated, robot, tmp_path, images_alone
):
    given = (LANDMARKS, FROZEN)
    whole = run(simulated, tmp_path / "whole", robot, *given, start=images_alone)
    parts = tmp_path / "parts"
    # The losses are fetched every 10 of the 12 steps.
    first = run(simulated, parts, robot, *given, start=images_alone, log=Log(stop_at=10))
    assert not first.finished
    log = Log()
    again = run(simulated, parts, robot, *given, start=images_alone, log=log)
    assert log.begun == 10
    assert (parts / "steps.csv").read_text() == (tmp_path / "whole/steps.csv").read_text()
    ours, theirs = (load_network(one.weights)[0].state_dict() for one in (whole, again))
    assert all(torch.equal(value, theirs[key]) for key, value in ours.items())


def test_the_loss_of_descriptors_is_written_down(simulated, robot, tmp_path, images_alone):
    out = tmp_path / "out"
    given = (LANDMARKS, FROZEN, "loss.descriptors=0.5", "optimizer.epochs=1")
    outcome = run(simulated, out, robot, *given, start=images_alone)
    with (out / "steps.csv").open() as file:
        for row in csv.DictReader(file):
            parts = [float(row[name]) for name in ("values", "transferred", "descriptors")]
            assert float(row["loss"]) == pytest.approx(np.dot(parts, [1.0, 1.0, 0.5]), rel=1e-5)
    card = (out / CARD).read_text()
    assert "0.5 times the error of the face's descriptors" in card
    assert "closer to those that a face tracker sees" in card
    split = choose_split(read_data_set(simulated, landmarks=True), "test")
    (found,), _ = evaluate([outcome.weights], split, TransferChoice(robot))
    assert found.loss == "huber + transferred + descriptors"


def test_weights_of_images_alone_go_on_as_they_are(images_alone):
    network, note = first_network(images_alone, CONFIG)
    before, _ = load_network(images_alone)
    assert not note
    given, motion = torch.rand(2, 3, 32, 32), torch.rand(2, MOTION_COUNT)
    with torch.inference_mode():
        assert torch.equal(network.eval()(given, motion), before(given))
    degrees = dataclasses.replace(CONFIG, angle_unit=AngleUnit.DEG)
    assert first_network(images_alone, degrees)[0].motion_head is not None


def test_weights_with_landmarks_are_refused_without(tmp_path):
    path = tmp_path / "both.safetensors"
    save_network(path, build_network(CONFIG), CONFIG)
    with pytest.raises(TrainingError, match=r"set network\.landmarks to true"):
        first_network(path, ALONE)


def test_data_without_landmarks_are_refused(tmp_path, upstream, robot, images_alone):
    folder = upstream(tmp_path / "data")
    with pytest.raises(
        PreparationError, match=r"network\.landmarks needs the motion of landmarks"
    ):
        run(folder, tmp_path / "out", robot, LANDMARKS, "loss.transferred=0")
    path = tmp_path / "both.safetensors"
    save_network(path, build_network(CONFIG), CONFIG)
    with pytest.raises(PreparationError, match="these data have no landmarks"):
        evaluate([path], read_data_set(folder), None)


def test_what_cannot_be_frozen_is_refused(simulated, robot, tmp_path):
    with pytest.raises(TrainingError, match="give one with --from"):
        run(simulated, tmp_path / "out", robot, FROZEN)
    with pytest.raises(SettingsError, match="leaves the features as they are"):
        read_settings(None, [*SMALL, FROZEN, "loss.feature_matching=0.1"])


def test_motions_are_changed_as_far_as_the_settings_say():
    motion = np.tile(MOTION_UNITS, (20_000, 1))
    generator = np.random.default_rng(0)
    settings = AugmentationSettings(motion_noise=0.3, motion_gain=0.4)
    changed = change_motion(motion, settings, generator) / MOTION_UNITS
    assert changed.dtype == np.float32
    np.testing.assert_allclose(changed.mean(axis=0), 1.0, atol=0.02)
    np.testing.assert_allclose(changed.std(axis=0), 0.5, atol=0.02)
    none = AugmentationSettings(motion_noise=0.0, motion_gain=0.0)
    assert np.array_equal(change_motion(motion, none, generator), motion)
