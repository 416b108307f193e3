# SPDX-License-Identifier: Apache-2.0
"""The video shows the virtual face drawn again, larger than it was live."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from x2c_bags.reading.bag_reader import BagReader
from x2c_bags.schema.topics import Part
from x2c_core.control_space import controls, expressions
from x2c_core.robot.robot_file import load_robot
from x2c_evaluation.run_report.frame_sets import frame_sets
from x2c_evaluation.run_report.redrawing import SIZE, RobotRedrawing

ROBOT = load_robot(Path(__file__).parents[3] / "config/robots/virtual")
SHOWN = np.full((8, 8, 3), 90, np.uint8)


def test_a_recorded_pose_is_drawn_again_with_smooth_edges():
    with RobotRedrawing(ROBOT) as redrawing:
        names = list(ROBOT.joint_names)
        neutral = redrawing.image(names, ROBOT.joint_targets(controls.NEUTRAL))
        laughing = ROBOT.joint_targets(expressions.values("laugh"))
        laugh = redrawing.image(names, laughing)
        assert laugh.shape == neutral.shape == (SIZE, SIZE, 3)
        assert np.abs(laugh.astype(int) - neutral).max() > 100
        # The order of a message's joints is its own affair.
        np.testing.assert_array_equal(redrawing.image(names[::-1], laughing[::-1]), laugh)
        assert redrawing.image(names[1:], laughing[1:]) is None
        assert redrawing.image(names, np.full(len(names), np.nan)) is None


def test_joint_positions_of_the_moment_are_drawn_instead_of_the_recorded_image(tmp_path, make_bag):
    asked = []

    def redraw(names, positions):
        asked.append((list(names), list(positions)))
        return SHOWN

    shown = list(frame_sets(BagReader(make_bag(tmp_path / "bag", frames=6)), redraw))
    assert all(one.robot_image is SHOWN for one in shown)
    assert asked[0][0] == ["jaw", "neck_yaw"]
    assert [positions[0] for _, positions in asked] == pytest.approx(np.sin(np.arange(6) / 5.0))


def test_what_cannot_be_drawn_again_is_shown_as_recorded(tmp_path, make_bag):
    bag = make_bag(tmp_path / "bag", frames=4)
    for redraw in (None, lambda names, positions: None):
        assert {one.robot_image.shape for one in frame_sets(BagReader(bag), redraw)} == {
            (64, 64, 3)
        }


def test_a_robot_without_recorded_images_is_not_drawn(tmp_path, make_bag):
    bag = make_bag(tmp_path / "bag", frames=4, without={Part.ROBOT_IMAGE})
    shown = frame_sets(BagReader(bag), lambda names, positions: SHOWN)
    assert all(one.robot_image is None for one in shown)
