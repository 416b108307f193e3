# SPDX-License-Identifier: Apache-2.0
import pickle

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from x2c_core.control_space import controls
from x2c_datasets.errors import DataSetError
from x2c_datasets.formats import read_data_set
from x2c_datasets.formats.angle_unit import FileAngleUnit, find_unit

YAW = controls.index("Head Yaw")


def values(count):
    deflections = np.linspace(-0.9, 0.9, count)[:, None] * np.ones(controls.COUNT)
    return np.array([controls.from_deflection(one) for one in deflections])


@pytest.fixture
def folder(tmp_path):
    """Return a folder with images and a way to add pickles."""
    (tmp_path / "images").mkdir()
    for index in range(6):
        image = np.full((4, 5, 3), (10 * index, 20, 30), np.uint8)
        cv2.imwrite(str(tmp_path / "images" / f"{index}.png"), image)
    return tmp_path


def save(
    folder, name="train_split_cg.pkl", paths=None, rows=None, keys=("img_path", "ctrl_values")
):
    paths = [f"images/{i}.png" for i in range(6)] if paths is None else paths
    rows = controls.to_upstream(values(len(paths))) if rows is None else rows
    (folder / name).write_bytes(pickle.dumps({keys[0]: paths, keys[1]: rows}))


def test_pairs_are_read_in_radians_and_order(folder):
    save(folder)
    data = read_data_set(folder)
    assert np.allclose(data.values(), values(6))
    assert [pair.row for pair in data] == list(range(6))
    assert data[2].read_image()[0, 0].tolist() == [30, 20, 20], "RGB"
    assert "angles taken as degrees" in data.notes[0]
    assert data.splits == ("train",)


def test_all_splits_of_a_folder_are_read(folder):
    save(folder)
    save(folder, "val_split_cg.pkl", ["images/0.png"])
    save(
        folder,
        "real_test_split_filtered.pkl",
        ["images/1.png"],
        keys=("img_paths", "control_vals"),
    )
    data = read_data_set(folder)
    assert data.splits == ("train", "val", "real_test")
    assert len(data.split("val", "real_test")) == 2
    with pytest.raises(DataSetError, match="no pairs in the split 'test'; its splits are: train"):
        data.split("test")


def test_one_pickle_can_be_named_and_its_images_be_elsewhere(folder, tmp_path_factory):
    other = tmp_path_factory.mktemp("elsewhere")
    save(other, "mine.pkl")
    data = read_data_set(other / "mine.pkl", images=folder)
    assert len(data) == 6
    assert data.splits == ("mine",)


def test_paths_of_another_machine_are_found_by_their_ends(folder):
    save(folder, paths=[f"/home/user/X2C/images/{i}.png" for i in range(6)])
    assert len(read_data_set(folder)) == 6


def test_radians_are_found_out_and_can_be_stated(folder):
    save(folder, rows=values(6))
    data = read_data_set(folder)
    assert "angles taken as radians" in data.notes[0]
    assert np.allclose(data.values(), values(6))
    stated = read_data_set(folder, angles="degrees")
    assert "stated as degrees" in stated.notes[0]
    assert stated[0].values[YAW] == pytest.approx(np.deg2rad(values(6)[0, YAW]))
    with pytest.raises(DataSetError, match="expected degrees or radians"):
        read_data_set(folder, angles="gons")


def test_bad_rows_are_skipped_counted_and_named(folder):
    rows = [list(row) for row in controls.to_upstream(values(6))]
    rows[1][3] = float("nan")
    rows[2] = rows[2][:29]
    rows[3][0] = "text"
    save(folder, rows=rows, paths=[*[f"images/{i}.png" for i in range(4)], "images/9.png", 7])
    with pytest.raises(DataSetError, match="expected the path"):
        _only_bad(folder, rows)
    data = read_data_set(folder)
    assert [pair.row for pair in data] == [0]
    assert sorted(one.row for one in data.skipped) == [1, 2, 3, 4, 5]
    report = "\n".join(data.report())
    assert "skipped 5" in report
    assert f"{folder / 'train_split_cg.pkl'} row 1: control values must be finite" in report
    assert "row 2: expected 30 control values" in report
    assert "row 4: the image" in report


def _only_bad(folder, rows):
    save(folder, "bad.pkl", [7], rows[:1])
    read_data_set(folder / "bad.pkl")


def test_an_empty_image_is_skipped(folder):
    (folder / "images" / "2.png").write_bytes(b"")
    save(folder)
    data = read_data_set(folder)
    assert [one.row for one in data.skipped] == [2]
    assert "is empty" in data.skipped[0].reason


def test_an_image_that_is_none_is_told_when_it_is_opened(folder):
    (folder / "images" / "2.png").write_bytes(b"no image")
    save(folder)
    with pytest.raises(DataSetError, match=r"row 2: .*2\.png: .* no image"):
        read_data_set(folder)[2].read_image()


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ([1, 2], "expected a dict"),
        ({"img_path": []}, "it holds 'img_path'"),
        ({"img_path": "a", "ctrl_values": []}, "expected a list in 'img_path', got str"),
        ({"img_path": ["a"], "ctrl_values": np.zeros((2, 30))}, "1 paths .* 2 rows"),
        ({"img_path": [], "ctrl_values": []}, "nothing of .* can be used"),
    ],
)
def test_files_of_another_layout_are_refused(folder, content, complaint):
    path = folder / "train_split_cg.pkl"
    path.write_bytes(pickle.dumps(content))
    with pytest.raises(DataSetError, match=complaint):
        read_data_set(folder)


def test_places_without_a_data_set_are_refused(tmp_path):
    with pytest.raises(DataSetError, match="no such file or folder"):
        read_data_set(tmp_path / "nowhere")
    with pytest.raises(DataSetError, match=r"expected train/metadata.parquet"):
        read_data_set(tmp_path)


@given(st.lists(st.floats(-0.99, 0.99), min_size=20, max_size=40))
def test_a_face_that_moves_tells_its_unit(shares):
    moved = np.array([controls.from_deflection(np.full(controls.COUNT, one)) for one in shares])
    assert find_unit(moved)[0] is FileAngleUnit.RADIANS
    if np.quantile(np.abs(shares), 0.9) > 0.1:
        assert find_unit(controls.to_upstream(moved))[0] is FileAngleUnit.DEGREES


def test_a_few_wild_rows_do_not_decide_the_unit():
    rows = values(100)
    rows[:4] *= 1000.0
    assert find_unit(rows)[0] is FileAngleUnit.RADIANS
