# SPDX-License-Identifier: Apache-2.0
import itertools
import threading

import numpy as np
import pytest
import torch

from x2c_datasets.formats import read_data_set
from x2c_imitation.x2cnet.network.config import NetworkConfig
from x2c_training.data.loading import Loader
from x2c_training.data.plain_batches import plain_batches
from x2c_training.data.preparation import prepare
from x2c_training.errors import SettingsError
from x2c_training.settings import AugmentationSettings

CONFIG = NetworkConfig(image_size=32)


@pytest.fixture
def data(tmp_path, upstream):
    return prepare(read_data_set(upstream(tmp_path, count=26)), NetworkConfig(image_size=32), None)


def loader(data, **changes):
    given = {"batch_size": 4, "transferred": False, "seed": 1, "device": torch.device("cpu")}
    given |= changes
    return Loader(data, data.rows("train"), CONFIG, AugmentationSettings(), **given)


def same(one, other):
    return torch.equal(one.rendered, other.rendered) and torch.equal(one.values, other.values)


def test_an_epoch_shows_every_pair_once_but_for_what_makes_no_whole_batch(data):
    made = loader(data)
    batches = list(made.epoch(0))
    assert len(batches) == len(made) == 6
    seen = torch.cat([batch.values for batch in batches]).numpy()
    rows = {tuple(row) for row in data.values.astype(np.float32)}
    assert {tuple(row) for row in seen} <= rows
    assert len({tuple(row) for row in seen}) == 24
    assert batches[0].rendered.shape == (4, 3, 32, 32)
    assert batches[0].transferred is None


def test_epochs_differ_and_repeat(data):
    first, second = list(loader(data).epoch(0)), list(loader(data).epoch(1))
    assert not any(map(same, first, second))
    assert all(map(same, first, loader(data).epoch(0)))
    assert not any(map(same, first, loader(data, seed=2).epoch(0)))


def test_an_epoch_begun_in_its_middle_goes_on_with_the_same_batches(data):
    whole = list(loader(data).epoch(3))
    rest = list(loader(data).epoch(3, first=4))
    assert len(rest) == 2
    assert all(map(same, whole[4:], rest))


def test_processes_share_an_epoch(data):
    parts = [
        torch.cat([b.values for b in loader(data, batch_size=2, rank=rank, processes=2).epoch(0)])
        for rank in range(2)
    ]
    alone = torch.cat([batch.values for batch in loader(data).epoch(0)])
    together = {tuple(row) for part in parts for row in part.tolist()}
    assert together == {tuple(row) for row in alone.tolist()}
    assert len(together) == 24


def test_more_pairs_than_a_batch_takes_are_not_needed(data):
    (batch,) = loader(data, batch_size=64).epoch(0)
    assert len(batch.values) == 26


def test_processes_that_would_get_nothing_are_refused(data):
    assert len(loader(data, batch_size=13, rank=1, processes=2)) == 1
    with pytest.raises(SettingsError, match="26 pairs are no batch of 7 for each of 4 processes"):
        loader(data, batch_size=7, rank=3, processes=4)


def test_the_gaze_of_shut_eyes_counts_only_without_the_mask(data):
    masked = torch.cat([batch.counted for batch in loader(data).epoch(0)])
    assert (masked == 0.0).any()
    every = torch.cat([batch.counted for batch in loader(data, gaze_mask=False).epoch(0)])
    assert (every == 1.0).all()


def test_who_stops_early_leaves_no_thread_behind(data):
    batches = loader(data).epoch(0)
    next(batches)
    batches.close()
    assert "loader" not in {thread.name for thread in threading.enumerate()}


def test_an_error_in_the_thread_is_raised_where_batches_are_waited_for(data, monkeypatch):
    made = loader(data)
    broken = itertools.count()

    def fail(*arguments):
        if next(broken) == 1:
            raise MemoryError("no room")
        return original(*arguments)

    original = made._make
    monkeypatch.setattr(made, "_make", fail)
    batches = made.epoch(0)
    next(batches)
    with pytest.raises(MemoryError, match="no room"):
        list(batches)


def test_plain_batches_go_through_rows_in_order(data):
    rows = np.array([3, 5, 8])
    found = list(plain_batches(data.rendered, rows, CONFIG, torch.device("cpu"), size=2))
    assert [chosen.tolist() for chosen, _ in found] == [[3, 5], [8]]
    assert found[1][1].shape == (1, 3, 32, 32)
