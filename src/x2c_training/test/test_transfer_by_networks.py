# SPDX-License-Identifier: Apache-2.0
"""Training images that LivePortrait makes from the images of a data set."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from x2c_core.images.image_decoding import read_image
from x2c_core.robot.robot_file import load_robot
from x2c_core.system.registry import RegistryError
from x2c_datasets.formats import read_data_set
from x2c_imitation.errors import ImitationError, TransferError
from x2c_imitation.x2cnet.liveportrait.portrait import LivePortrait
from x2c_imitation.x2cnet.liveportrait.published import FOLDER_VARIABLE, PortraitPart
from x2c_imitation.x2cnet.network.config import NetworkConfig
from x2c_testing.portrait_networks import FakeNetworks
from x2c_training.data import preparation
from x2c_training.data.preparation import prepare
from x2c_training.data.transfer_images import why_not
from x2c_training.data.transferrer import TransferChoice
from x2c_training.errors import PreparationError
from x2c_training.settings_file import read_settings
from x2c_training.training.training_run import TrainingJob, prepare_data

pytestmark = pytest.mark.slow

CONFIG = NetworkConfig(image_size=48)
WITHOUT_FACE = 1
COUNT = 4


@pytest.fixture
def faces(tmp_path, upstream, robot):
    """Return the folder of a data set of faces without landmarks; one image shows none."""
    folder = upstream(tmp_path / "faces", count=COUNT)
    face = read_image(load_robot(robot).neutral_image)
    for number, path in enumerate(sorted((folder / "images").iterdir())):
        if number != WITHOUT_FACE:
            # What the stand-in reads off an image is how red it is.
            redder = np.clip(face + np.array([0, 0, 30 * number]), 0, 255)
            cv2.imwrite(str(path), redder.astype(np.uint8))
    return folder


@pytest.fixture
def weights(tmp_path, monkeypatch):
    """Return a folder of files that stand for weights, and let a stand-in take their place."""
    folder = tmp_path / "weights"
    folder.mkdir()
    for part in PortraitPart:
        (folder / f"{part}.pth").write_bytes(b"weights")
    fake = classmethod(lambda cls, folder, device, half: FakeNetworks(colour=None))
    monkeypatch.setattr(LivePortrait, "from_folder", fake)
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder))
    return folder


@pytest.fixture
def choice(robot, weights):
    return TransferChoice(robot, "liveportrait")


def test_images_are_made_of_images_and_need_no_landmarks(faces, choice):
    assert why_not(choice, has_landmarks=False) == ""
    made = prepare(read_data_set(faces), CONFIG, choice, workers=2)
    assert made.transferred.shape == (COUNT, 48, 48, 3)
    assert made.usable.tolist() == [number != WITHOUT_FACE for number in range(COUNT)]
    (skipped,) = made.skipped
    assert f"row {WITHOUT_FACE}: no face is found in its image" in skipped
    # Counted from the robot's own neutral image: the first image is that one.
    middle = made.transferred[:, 24, 24].astype(int)
    assert middle[0].max() <= 2
    assert middle[2].min() > 10
    assert (middle[3] > middle[2] + 5).all()


def test_a_stopped_preparation_makes_the_same(faces, choice, tmp_path, monkeypatch):
    monkeypatch.setattr(preparation, "_SLOW_CHUNK", 1)
    seen = []

    def stop(done, total):
        seen.append(done)
        if done == 2:
            raise KeyboardInterrupt

    data = read_data_set(faces)
    with pytest.raises(KeyboardInterrupt):
        prepare(data, CONFIG, choice, advance=stop)
    assert seen == [0, 1, 2]
    rest = []
    made = prepare(data, CONFIG, choice, advance=lambda done, total: rest.append(done))
    assert rest == [2, 3, 4]
    whole = prepare(data, CONFIG, choice, folder=tmp_path / "whole")
    assert np.array_equal(made.transferred, whole.transferred)


def test_other_weights_make_other_images(faces, choice, weights):
    data = read_data_set(faces)
    first = prepare(data, CONFIG, choice)
    (weights / f"{PortraitPart.WARPING}.pth").write_bytes(b"others")
    assert prepare(data, CONFIG, choice).folder != first.folder


def job(faces, robot, tmp_path, *overrides):
    settings = read_settings(
        None, ["data.transfer=liveportrait", "network.image_size=48", *overrides]
    )
    return TrainingJob(faces, robot, tmp_path / "out", settings)


def test_a_training_names_the_transfer(faces, robot, tmp_path, weights):
    made = prepare_data(job(faces, robot, tmp_path), lambda done, total: None, print)
    assert made.transferred is not None


@pytest.mark.parametrize(
    ("overrides", "kind", "reason"),
    [
        ((), PreparationError, r"no transferred images.*not in .*gone.*weights where"),
        (("data.transfer=magic",), RegistryError, "unknown motion transfer 'magic'"),
        (("data.transfer_options=region=ears",), ImitationError, "region: expected one of"),
    ],
)
def test_what_is_missing_is_refused(faces, robot, tmp_path, monkeypatch, overrides, kind, reason):
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "gone"))
    with pytest.raises(kind, match=reason):
        prepare_data(job(faces, robot, tmp_path, *overrides), lambda done, total: None, print)


def test_sixteen_bits_are_refused_on_a_processor(faces, robot, tmp_path, weights, monkeypatch):
    monkeypatch.undo()
    options = f"data.transfer_options=half=true,weights={weights}"
    # The stand-ins are no weights, but the option is looked at before.
    with pytest.raises(TransferError, match="half=false, or device=cuda"):
        prepare_data(job(faces, robot, tmp_path, options), lambda done, total: None, print)
