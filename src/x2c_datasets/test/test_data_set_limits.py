# SPDX-License-Identifier: Apache-2.0
"""Data sets that lead elsewhere or unfold without end: refused row by row, the rest is read."""

import os
import pickle

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from x2c_core.control_space import controls
from x2c_core.errors import TableError
from x2c_datasets.errors import DataSetError
from x2c_datasets.formats import layout, read_data_set
from x2c_datasets.formats.parquet_columns import read_columns, texts


def image(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.zeros((4, 5, 3), np.uint8))


def write(folder, names, **columns):
    """Write an X2C-Sim folder whose list has these names."""
    file = folder / "train" / layout.METADATA
    file.parent.mkdir(parents=True, exist_ok=True)
    content = {layout.FILE_NAME: names, layout.ANIMATION: ["a000000"] * len(names)}
    content |= {name: [0.0] * len(names) for name in controls.NAMES}
    pq.write_table(pa.table(content | columns), file)
    return folder


@pytest.fixture
def folder(tmp_path):
    image(tmp_path / "outside.jpg")
    image(tmp_path / "set" / "train" / "a000000" / "000.jpg")
    return tmp_path / "set"


GOOD = "a000000/000.jpg"


def only_good(data, reason):
    assert [pair.image.name for pair in data] == ["000.jpg"]
    (skipped,) = data.skipped
    assert reason in skipped.reason
    assert reason in "\n".join(data.report())


@pytest.mark.parametrize(
    "name", ["../../outside.jpg", "/etc/hostname", "a000000/../../../outside.jpg", "a\0b"]
)
def test_a_name_that_leads_out_of_the_data_set_is_refused(folder, name):
    only_good(read_data_set(write(folder, [name, GOOD])), "is not inside of")


def link_to_image(folder):
    (folder / "train" / "link.jpg").symlink_to("../../outside.jpg")
    return "link.jpg"


def link_to_folder(folder):
    (folder / "train" / "more").symlink_to(folder.parent)
    return "more/outside.jpg"


@pytest.mark.parametrize("link", [link_to_image, link_to_folder])
def test_a_link_that_leads_out_of_the_data_set_is_refused(folder, link):
    data = read_data_set(write(folder, [link(folder), GOOD]))
    only_good(data, "by a symbolic link")
    assert "outside.jpg: copy it into the data set" in data.skipped[0].reason


def test_a_link_inside_of_the_data_set_is_followed(folder):
    (folder / "train" / "link.jpg").symlink_to(GOOD)
    assert len(read_data_set(write(folder, ["link.jpg", GOOD]))) == 2


def test_a_data_set_reached_by_a_link_is_read(folder):
    write(folder, [GOOD])
    (folder.parent / "link").symlink_to(folder)
    assert len(read_data_set(folder.parent / "link")) == 1


@pytest.mark.parametrize("below", ["", "images"])
def test_the_cache_of_the_hugging_face_hub_is_read(folder, below):
    """Its files are links from snapshots/REVISION to blobs, beside snapshots."""
    write(folder, [GOOD])
    cache = folder.parent / "datasets--some--set"
    for file in folder.rglob("*.*"):
        blob = cache / "blobs" / f"{file.stat().st_ino}"
        blob.parent.mkdir(parents=True, exist_ok=True)
        file.rename(blob)
        link = cache / "snapshots" / "abc" / below / file.relative_to(folder)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(os.path.relpath(blob, link.parent))
    assert len(read_data_set(cache / "snapshots" / "abc" / below)) == 1


def test_a_list_that_leads_out_of_the_data_set_is_refused(folder):
    write(folder, [GOOD])
    file = folder / "train" / layout.METADATA
    file.rename(folder.parent / "elsewhere.parquet")
    file.symlink_to(folder.parent / "elsewhere.parquet")
    with pytest.raises(DataSetError, match="leads out of the data set by a symbolic link"):
        read_data_set(folder)


def test_a_pipe_in_place_of_an_image_or_a_list_is_refused_at_once(folder):
    os.mkfifo(folder / "train" / "pipe.jpg")
    only_good(read_data_set(write(folder, ["pipe.jpg", GOOD])), "is no regular file")


def test_names_that_are_numbers_are_refused(folder):
    with pytest.raises(DataSetError, match="column file_name holds int64, expected text"):
        read_data_set(write(folder, [7, 8]))


def test_a_table_above_the_limit_is_refused(folder, monkeypatch):
    write(folder, [GOOD] * 1000)
    monkeypatch.setenv("X2C_MAX_TABLE_BYTES", "100000")
    with pytest.raises(
        DataSetError, match=r"metadata\.parquet: it unpacks to \d+ bytes; the limit"
    ):
        read_data_set(folder)


def test_a_few_bytes_that_stand_for_many_rows_are_refused(tmp_path, monkeypatch):
    file = tmp_path / "a.parquet"
    pq.write_table(pa.table({"a": np.zeros(200_000), "b": ["x"] * 200_000}), file)
    assert file.stat().st_size < 10_000
    monkeypatch.setenv("X2C_MAX_TABLE_BYTES", "1500000")
    with pytest.raises(TableError, match=r"unpacks to 2\d{6} bytes; the limit is 1500000: "):
        read_columns(file)
    assert len(read_columns(file, ["b"])) == 200_000


def test_a_text_that_is_there_many_times_is_kept_once(tmp_path):
    file = tmp_path / "a.parquet"
    pq.write_table(pa.table({"a": ["long" * 100, None] * 1000}), file)
    table = read_columns(file)
    assert table.nbytes < 50_000
    values = texts(table, "a")
    assert values == ["long" * 100, None] * 1000
    assert len({id(value) for value in values}) == 2


def save_pickle(folder, paths, rows=None):
    rows = [[0.0] * controls.COUNT] * len(paths) if rows is None else rows
    content = {"img_path": paths, "ctrl_values": rows}
    (folder / "train_split_cg.pkl").write_bytes(pickle.dumps(content))
    return folder


@pytest.mark.parametrize("name", ["../outside.jpg", "train/../../outside.jpg"])
def test_a_path_in_a_pickle_that_leads_out_is_refused(folder, name):
    data = read_data_set(save_pickle(folder, [name, f"train/{GOOD}"]))
    only_good(data, "is not inside of")


def test_a_path_from_the_root_is_looked_for_below_the_folder_alone(folder):
    outside = str(folder.parent / "outside.jpg")
    data = read_data_set(save_pickle(folder, [outside, f"/home/another/set/train/{GOOD}"]))
    only_good(data, "is not inside of")


def test_a_pickle_that_leads_out_of_the_folder_is_refused(folder):
    save_pickle(folder, [f"train/{GOOD}"])
    file = folder / "train_split_cg.pkl"
    file.rename(folder.parent / "elsewhere.pkl")
    file.symlink_to(folder.parent / "elsewhere.pkl")
    with pytest.raises(DataSetError, match=r"train_split_cg\.pkl leads out of the data set"):
        read_data_set(folder)
    assert read_data_set(folder.parent / "elsewhere.pkl", images=folder)


def test_lists_of_the_same_lists_are_never_unfolded(folder):
    row = [0.0] * 10
    for _ in range(30):
        row = [row] * 10
    paths = [f"train/{GOOD}"] * 2
    data = read_data_set(save_pickle(folder, paths, [row, [0.0] * controls.COUNT]))
    only_good(data, "expected 30 numbers, got [[[")
    with pytest.raises(DataSetError, match="expected the path of an image, got"):
        read_data_set(save_pickle(folder, [row]))


def test_an_image_above_the_limit_is_refused_when_it_is_read(folder, monkeypatch):
    (pair,) = read_data_set(write(folder, [GOOD]))
    monkeypatch.setenv("X2C_MAX_IMAGE_PIXELS", "19")
    with pytest.raises(DataSetError, match=r"row 0: .*has 20 pixels; the limit is 19: "):
        pair.read_image()
