# SPDX-License-Identifier: Apache-2.0
"""A model is fitted to images and tried on held-out animations; what is unusable is listed."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from x2c_core.control_space import controls
from x2c_core.control_space.controls import Group
from x2c_core.robot.robot_file import load_robot
from x2c_datasets.errors import FitError
from x2c_datasets.fit import data_set_fit
from x2c_datasets.fit.data_set_fit import choose_pairs, fit_data_set
from x2c_datasets.fit.image_tracking import track_single
from x2c_datasets.formats import DataSet, Pair, Skipped
from x2c_node.robots import find_robot
from x2c_perception.tracking.face_mesh_tracker import FaceMeshTracker

pytestmark = pytest.mark.slow


def quiet(done):
    pass


def jaw_values(share):
    return controls.from_names({"Jaw Pitch": 1.0 - share})


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """Pairs of the virtual face: six animations of a mouth that opens and a head that turns."""
    from x2c_virtual_face.virtual_face import VirtualFace

    robot = load_robot(find_robot("virtual"))
    folder = tmp_path_factory.mktemp("images")
    pairs = []
    with VirtualFace(robot, 192, 192) as face:
        for number in range(48):
            animation = number // 8
            values = jaw_values((number % 8) / 8.0 * (0.4 + 0.1 * animation))
            values[controls.index("Head Yaw")] = 0.05 * (animation - 2.5)
            face.set_positions(robot.joint_targets(values))
            path = folder / f"{number:02}.png"
            cv2.imwrite(str(path), face.render()[:, :, ::-1])
            split = "test" if animation == 5 else "train"
            pairs.append(Pair(path, values, f"a{animation}", split, folder / "list", number))
    return pairs


def test_a_fit_explains_animations_it_has_not_seen(images):
    data = DataSet(images[0].image.parent, images)
    fit = fit_data_set(data, images, 1, quiet)
    assert (fit.fitted, fit.tried) == (40, 8)
    assert fit.explained.share > 0.8
    assert fit.explained.controls["Jaw Pitch"] > 0.9
    still = [control.index for control in controls.CONTROLS if control.group is Group.BROW]
    assert not fit.model.up[still].any()
    content = json.loads(fit.as_json("virtual", "here"))
    assert content["held_out"] == "the split 'test'"


def test_several_processes_give_the_same_model(images):
    data = DataSet(images[0].image.parent, images)
    one, two = (fit_data_set(data, images, processes, quiet) for processes in (1, 2))
    np.testing.assert_array_equal(one.model.down, two.model.down)


def test_unusable_images_are_listed_by_file_and_row_and_the_rest_is_used(images, tmp_path):
    broken, faceless = tmp_path / "broken.png", tmp_path / "grey.png"
    broken.write_bytes(b"\x89PNG nonsense")
    cv2.imwrite(str(faceless), np.full((192, 192, 3), 120, np.uint8))
    source = Path("metadata")
    bad = [
        Pair(broken, jaw_values(0.1), "a1", "train", source, 100),
        Pair(faceless, jaw_values(0.1), "a1", "train", source, 101),
        Pair(tmp_path / "none.png", jaw_values(0.1), "a1", "train", source, 102),
    ]
    pairs = [*images, *bad]
    known = Skipped(source, 7, "its values are no numbers")
    fit = fit_data_set(DataSet(tmp_path, pairs, [known]), pairs, 1, quiet)
    assert [(one.file, one.row) for one in fit.skipped] == [
        (source, n) for n in (7, 100, 101, 102)
    ]
    assert "no face" in fit.skipped[2].reason
    assert fit.fitted == 40


def test_too_few_usable_images_are_an_error_that_names_the_first_bad_ones(tmp_path):
    source = Path("metadata")
    pairs = [
        Pair(tmp_path / f"{n}.png", jaw_values(0.1), "a", "train", source, n) for n in range(40)
    ]
    with pytest.raises(FitError, match=r"0 of 40 images can be used(.|\n)*metadata row 0") as told:
        fit_data_set(DataSet(tmp_path, pairs), pairs, 1, quiet)
    assert "a fit needs 30 images and others to try it on, so collect 50 or more" in str(
        told.value
    )
    assert "keep the shared model" in str(told.value)


def test_where_faces_are_seen_nothing_is_advised():
    assert data_set_fit.advice(10, 20) == ""
    assert "does not see the robot's face" in data_set_fit.advice(9, 20)


@pytest.mark.parametrize("animations", [1, 2, 3])
def test_few_animations_are_fitted_and_tried_on_images(tmp_path, animations):
    pairs = [
        Pair(tmp_path / f"{n}.png", jaw_values(0.1), f"a{n % animations}", "train", tmp_path, n)
        for n in range(50)
    ]
    out, what = data_set_fit._held_out(pairs)
    assert what == "a fifth of the images"
    assert 0 < sum(out) <= 20


def test_animations_are_held_out_whole_where_there_are_no_splits(monkeypatch, tmp_path):
    pairs = [
        Pair(tmp_path / f"{n}.png", jaw_values(0.1), f"a{n // 4}", "train", tmp_path, n)
        for n in range(200)
    ]
    out, what = data_set_fit._held_out(pairs)
    assert what == "a fifth of the animations"
    assert 20 <= sum(out) <= 60
    assert all(len(set(out[start : start + 4])) == 1 for start in range(0, 200, 4))


def test_images_of_people_are_not_fitted_and_large_sets_are_thinned_evenly(tmp_path):
    def pair(number, split):
        return Pair(tmp_path, jaw_values(0.0), "a", split, tmp_path, number)

    pairs = [pair(0, "real_test"), *(pair(n, "train") for n in range(1, 101))]
    data = DataSet(tmp_path, pairs)
    assert len(choose_pairs(data, 1000)) == 100
    chosen = [one.row for one in choose_pairs(data, 11)]
    assert (len(chosen), chosen[0], chosen[-1]) == (11, 1, 100)


def test_what_the_tracker_saw_before_makes_no_difference(images):
    first, last = images[0].read_image(), images[-1].read_image()
    tracker = FaceMeshTracker()
    try:
        once = track_single(tracker, first)
        track_single(tracker, last)
        again = track_single(tracker, first)
    finally:
        tracker.close()
    np.testing.assert_array_equal(once, again)
