# SPDX-License-Identifier: Apache-2.0
import errno
import os
import pickle

import cv2
import numpy as np
import pytest

from x2c_core.control_space import controls
from x2c_datasets.formats import read_data_set
from x2c_imitation.x2cnet.network.config import NetworkConfig
from x2c_training.data import dataset_cache, preparation
from x2c_training.data.preparation import prepare
from x2c_training.data.transfer_images import LandmarkTransferrer, why_not
from x2c_training.data.transferrer import TransferChoice
from x2c_training.errors import PreparationError


class Counter:
    """Counts the rows that are made."""

    def __init__(self):
        self.first = None
        self.done = 0

    def __call__(self, done, total):
        self.first = done if self.first is None else self.first
        self.done = done


def test_images_are_decoded_and_sized(tmp_path, upstream):
    data = read_data_set(upstream(tmp_path))
    made = prepare(data, NetworkConfig(image_size=32), None)
    assert made.rendered.shape == (24, 32, 32, 3)
    assert made.transferred is None
    assert np.allclose(made.values, data.values())
    for row in (0, 23):
        expected = cv2.resize(data[row].read_image(), (32, 32), interpolation=cv2.INTER_AREA)
        assert np.array_equal(made.rendered[row], expected)
    assert made.rows("train").tolist() == list(range(24))
    with pytest.raises(PreparationError, match=r"no usable pair in the split 'test'.*train"):
        made.rows("test")


def test_what_is_prepared_is_used_again_until_the_data_change(tmp_path, upstream):
    folder = upstream(tmp_path)
    first = prepare(read_data_set(folder), NetworkConfig(image_size=32), None)
    counter = Counter()
    again = prepare(read_data_set(folder), NetworkConfig(image_size=32), None, advance=counter)
    assert again.folder == first.folder
    assert counter.first == 24
    assert (
        prepare(read_data_set(folder), NetworkConfig(image_size=40), None).folder != first.folder
    )
    cv2.imwrite(str(folder / "images/train_split_cg_3.png"), np.zeros((9, 9, 3), np.uint8))
    changed = prepare(read_data_set(folder), NetworkConfig(image_size=32), None)
    assert changed.folder != first.folder
    assert changed.rendered[3].max() == 0


def test_a_stopped_preparation_goes_on_where_it_was(tmp_path, upstream, monkeypatch):
    data = read_data_set(upstream(tmp_path))
    monkeypatch.setattr(preparation, "_CHUNK", 5)
    counter = Counter()

    def stop(done, total):
        counter(done, total)
        if done >= 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare(data, NetworkConfig(image_size=32), None, advance=stop)
    rest = Counter()
    made = prepare(data, NetworkConfig(image_size=32), None, advance=rest)
    assert rest.first == counter.done == 10
    whole = prepare(data, NetworkConfig(image_size=32), None, folder=tmp_path / "other")
    assert np.array_equal(made.rendered, whole.rendered)
    assert made.usable.all()


@pytest.mark.process
def test_several_processes_make_the_same(tmp_path, upstream, monkeypatch):
    data = read_data_set(upstream(tmp_path))
    one = prepare(data, NetworkConfig(image_size=32), None, folder=tmp_path / "one")
    monkeypatch.setattr(preparation, "_CHUNK", 5)
    two = prepare(data, NetworkConfig(image_size=32), None, folder=tmp_path / "two", workers=2)
    assert np.array_equal(one.rendered, two.rendered)


def test_bad_rows_are_named_counted_and_left_out(tmp_path, upstream):
    folder = upstream(tmp_path)
    file = folder / "train_split_cg.pkl"
    content = pickle.loads(file.read_bytes())
    values = content["ctrl_values"].tolist()
    values[2] = values[2][:7]
    values[5][11] = float("nan")
    file.write_bytes(pickle.dumps({**content, "ctrl_values": values}))
    (folder / content["img_path"][8]).unlink()
    (folder / content["img_path"][9]).write_text("no image")
    made = prepare(read_data_set(folder), NetworkConfig(image_size=32), None)
    assert len(made.skipped) == 4
    for row, reason in ((2, "(7,)"), (5, "finite"), (8, "is missing"), (9, "are no image")):
        (line,) = [one for one in made.skipped if f"train_split_cg.pkl row {row}:" in one]
        assert reason in line
    assert len(made.rows("train")) == 20
    counter = Counter()
    again = prepare(read_data_set(folder), NetworkConfig(image_size=32), None, advance=counter)
    assert counter.first == counter.done, "a bad row is not tried again"
    assert again.skipped == made.skipped


def test_a_set_of_nothing_but_bad_rows_is_refused(tmp_path, upstream):
    folder = upstream(tmp_path, count=3)
    for file in (folder / "images").iterdir():
        file.write_text("no image")
    with pytest.raises(PreparationError, match=r"nothing of .* can be used.*\n.*row 0: "):
        prepare(read_data_set(folder), NetworkConfig(image_size=32), None)


def test_a_full_disk_is_told(tmp_path, upstream, monkeypatch):
    def full(*arguments):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", full)
    data = read_data_set(upstream(tmp_path))
    with pytest.raises(PreparationError, match=r"No space left on device.*--cache"):
        prepare(data, NetworkConfig(image_size=32), None)
    monkeypatch.undo()
    assert prepare(data, NetworkConfig(image_size=32), None).usable.all(), (
        "half-made files do not count"
    )


def test_damaged_files_are_told(tmp_path, upstream):
    made = prepare(read_data_set(upstream(tmp_path)), NetworkConfig(image_size=32), None)
    np.save(made.folder / dataset_cache.VALUES, np.zeros((3, 30)))
    with pytest.raises(PreparationError, match=r"damaged.*delete that folder"):
        dataset_cache.open_prepared(made.folder)


@pytest.mark.process
def test_transferred_images_show_the_same_on_the_neutral_image(simulated, robot, tmp_path):
    data = read_data_set(simulated, landmarks=True)
    choice = TransferChoice(robot)
    made = prepare(data, NetworkConfig(image_size=64), choice, folder=tmp_path)
    assert made.usable.all()
    neutral = LandmarkTransferrer(choice, NetworkConfig(image_size=64))
    away = np.abs(made.transferred.astype(int) - neutral._motion.neutral).mean(axis=(1, 2, 3))
    moved = np.abs(np.array([controls.to_deflection(one) for one in made.values])).max(axis=1)
    # The more a face does, the further its image is from the neutral one.
    assert np.corrcoef(away, moved)[0, 1] > 0.5
    again = neutral.image(data[7])
    assert np.array_equal(again, made.transferred[7])


def test_without_landmarks_nothing_is_transferred(tmp_path, upstream, robot):
    data = read_data_set(upstream(tmp_path), landmarks=True)
    choice = TransferChoice(robot)
    assert why_not(choice, has_landmarks=False) == "the data set has no landmarks"
    assert why_not(choice, has_landmarks=True) == ""
    with pytest.raises(PreparationError, match="it has no landmarks"):
        prepare(data, NetworkConfig(image_size=64), choice)


def test_robots_that_cannot_be_simulated_are_told(tmp_path, robot):
    text = (robot / "robot.yaml").read_text()
    (tmp_path / "robot.yaml").write_text(text.replace("brow_inner_left:", "brow_inner_port:"))
    assert why_not(TransferChoice(tmp_path), has_landmarks=True)
