# SPDX-License-Identifier: Apache-2.0
"""Neutral faces in files."""

import numpy as np
import pytest

from x2c_core.face.topology import REFERENCE
from x2c_perception.errors import PersonError
from x2c_perception.neutral.neutral_frames import NeutralFace
from x2c_perception.neutral.person_store import PersonStore, persons_folder


@pytest.fixture
def neutral(make_face):
    return NeutralFace(np.array(REFERENCE), make_face().pose, 640, 480)


@pytest.fixture
def store(tmp_path):
    return PersonStore(tmp_path / "not" / "yet" / "there")


def test_what_is_saved_is_loaded(store, neutral):
    path = store.save("Ada", neutral)
    loaded = store.load("Ada")
    assert path.name == "Ada.npz"
    assert np.array_equal(loaded.face, neutral.face)
    assert np.array_equal(loaded.pose.rotation, neutral.pose.rotation)
    assert loaded.pose.scale == neutral.pose.scale
    assert (loaded.width, loaded.height) == (640, 480)


def test_a_person_who_was_never_saved_is_not_known(store):
    assert store.load("nobody") is None


def test_saving_again_replaces_and_leaves_nothing_else(store, neutral, tmp_path):
    for _ in range(2):
        path = store.save("Ada", neutral)
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "a/b", "", ".", "..", ".hidden", "a\0b", "a" * 200]
)
def test_a_name_that_is_a_path_is_refused(store, neutral, name):
    with pytest.raises(PersonError, match="expected a name"):
        store.save(name, neutral)
    with pytest.raises(PersonError, match="expected a name"):
        store.load(name)


@pytest.mark.parametrize("name", ["Ada", "ada_2", "Grace Hopper", "José", "李", "a.b-c"])
def test_names_of_people_are_allowed(store, neutral, name):
    store.save(name, neutral)
    assert store.load(name) is not None


@pytest.mark.parametrize("content", [b"", b"nonsense", b"PK\x03\x04 cut off", b"\x93NUMPY"])
def test_a_damaged_file_is_refused(store, neutral, content):
    store.save("Ada", neutral).write_bytes(content)
    with pytest.raises(PersonError, match=r"Ada\.npz holds no neutral face"):
        store.load("Ada")


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_a_truncated_file_is_refused(store, neutral, share):
    path = store.save("Ada", neutral)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(PersonError, match="holds no neutral face"):
        store.load("Ada")


@pytest.mark.parametrize(
    "change",
    [
        {"version": 99},
        {"version": np.array(["x"])},
        {"face": np.zeros((478, 3))},
        {"face": np.zeros((10, 3))},
        {"face": np.full((478, 3), np.nan)},
        {"face": np.array([object()], dtype=object)},
        {"rotation": np.ones((3, 3))},
        {"rotation": np.array(["a"] * 9).reshape(3, 3)},
        {"scale": -1.0},
        {"size": np.array([0, 480])},
        {"translation": None},
    ],
)
def test_a_file_with_impossible_content_is_refused(store, neutral, change):
    path = store.save("Ada", neutral)
    with np.load(path) as data:
        content = {**{name: data[name] for name in data.files}, **change}
    np.savez(path, **{name: value for name, value in content.items() if value is not None})
    with pytest.raises(PersonError, match="holds no neutral face"):
        store.load("Ada")


def test_a_folder_that_cannot_be_made_is_told(tmp_path, neutral):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(PersonError, match="cannot save"):
        PersonStore(tmp_path / "file" / "persons").save("Ada", neutral)


def test_the_folder_is_under_ros_home(monkeypatch, tmp_path):
    monkeypatch.setenv("ROS_HOME", str(tmp_path))
    assert persons_folder() == tmp_path / "x2c" / "persons"
    monkeypatch.setenv("ROS_HOME", "")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert persons_folder() == tmp_path / ".ros" / "x2c" / "persons"
