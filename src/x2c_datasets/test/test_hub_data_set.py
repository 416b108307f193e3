# SPDX-License-Identifier: Apache-2.0
"""X2C as it is on the Hugging Face hub."""

import json
import pickle

import cv2
import numpy as np
import pytest

from x2c_core.control_space import controls
from x2c_datasets.errors import DataSetError
from x2c_datasets.formats import read_data_set

COUNT = 20


@pytest.fixture
def folder(tmp_path):
    """A data set of 20 images around number 10 000, where a second folder begins."""
    generator = np.random.default_rng(1)
    shares = generator.uniform(-0.9, 0.9, (COUNT, controls.COUNT))
    values = controls.to_upstream([controls.from_deflection(one) for one in shares])
    lines = []
    for number, row in zip(range(9_990, 9_990 + COUNT), values, strict=True):
        images = tmp_path / f"images{number // 10_000}"
        images.mkdir(exist_ok=True)
        cv2.imwrite(str(images / f"{number}.png"), np.full((8, 8, 3), number % 255, np.uint8))
        lines.append(json.dumps({"file_name": f"{number}.png", "ctrl_value": row.tolist()}))
    (tmp_path / "metadata.jsonl").write_text("\n".join([*lines, ""]), encoding="utf-8")
    return tmp_path


def test_a_copy_of_the_hub_is_read_as_it_is(folder):
    data = read_data_set(folder)
    assert len(data) == COUNT
    assert data.skipped == []
    first, last = data.pairs[0], data.pairs[-1]
    assert first.image == folder / "images0" / "9990.png"
    assert last.image == folder / "images1" / "10009.png"
    assert (first.values >= controls.MINIMUM).all()
    assert "degrees" in " ".join(data.notes)
    assert "no splits" in data.notes[0]


def test_every_fifth_run_is_for_validation(folder):
    data = read_data_set(folder)
    assert [len(data.split(name).pairs) for name in ("train", "val")] == [16, 4]
    again = read_data_set(folder)
    assert [one.split for one in again.pairs] == [one.split for one in data.pairs]


def test_rows_that_cannot_be_used_are_named(folder):
    file = folder / "metadata.jsonl"
    lines = file.read_text(encoding="utf-8").splitlines()
    lines[1] = "no JSON"
    lines[2] = "[" * 100_000
    lines[3] = json.dumps({"file_name": "../../etc/passwd", "ctrl_value": [0.0] * 30})
    lines[4] = json.dumps({"file_name": "9994.png", "ctrl_value": [0.0] * 29})
    (folder / "images0" / "9995.png").unlink()
    file.write_text("\n".join(lines), encoding="utf-8")
    data = read_data_set(folder)
    assert [one.row for one in data.skipped] == [1, 2, 4, 3, 5]
    assert len(data) == COUNT - 5


def test_what_upstreams_script_makes_of_it_goes_before_it(folder):
    values = controls.to_upstream([controls.NEUTRAL])
    for name, image in (("train_split.pkl", "9990.png"), ("val_split.pkl", "9991.png")):
        content = {"img_path": [f"/home/else/X2C/images0/{image}"], "ctrl_values": list(values)}
        (folder / name).write_bytes(pickle.dumps(content))
    data = read_data_set(folder)
    assert [one.split for one in data.pairs] == ["train", "val"]
    assert data.pairs[1].image == folder / "images0" / "9991.png"
    # The name of an earlier version of that script counts once.
    content["img_path"] = ["images0/9992.png"]
    (folder / "val_split_cg.pkl").write_bytes(pickle.dumps(content))
    assert read_data_set(folder).pairs[0].split == "val"
    assert len(read_data_set(folder)) == 2


def test_the_test_set_of_real_faces_lies_beside_the_table(folder):
    values = controls.to_upstream([controls.NEUTRAL]).tolist()
    cv2.imwrite(str(folder / "face.png"), np.zeros((8, 8, 3), np.uint8))
    content = {"img_paths": ["face.png"], "control_vals": values}
    (folder / "real_test_split_filtered.pkl").write_bytes(pickle.dumps(content))
    data = read_data_set(folder)
    assert set(data.splits) == {"train", "val", "real_test"}
    assert len(data) == COUNT + 1


def test_a_table_that_is_none_is_refused(folder):
    (folder / "metadata.jsonl").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataSetError, match=r"cannot read .*metadata\.jsonl"):
        read_data_set(folder)
