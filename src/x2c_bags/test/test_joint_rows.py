# SPDX-License-Identifier: Apache-2.0
import tracemalloc

import numpy as np
import pytest

from x2c_bags.frames.joint_rows import JointRows

JOINTS = 30


def test_each_joint_has_a_column_in_the_order_in_which_they_were_named():
    rows = JointRows()
    rows.add(["b", "a"], [1.0, 2.0])
    rows.add([], [])
    rows.add(["a", "c"], np.array([3.0, 4.0], dtype=np.float32))
    rows.add(["b", "a"], (5, 6))
    names, positions = rows.table()
    assert names == ("b", "a", "c")
    nan = np.nan
    expected = [[1.0, 2.0, nan], [nan, nan, nan], [nan, 3.0, 4.0], [5.0, 6.0, nan]]
    np.testing.assert_array_equal(positions, expected)


def test_without_messages_there_is_nothing():
    names, positions = JointRows().table()
    assert names == ()
    assert positions.shape == (0, 0)


def test_what_cannot_be_used_is_refused_and_changes_nothing():
    rows = JointRows()
    rows.add(["a"], [1.0])
    wrong = [
        (["a"], []),
        (["a", "b"], [1.0]),
        (["a"], ["far"]),
        (["a"], [[1.0]]),
        ([["a"]], [1.0]),
    ]
    for names, positions in wrong:
        with pytest.raises((TypeError, ValueError)):
            rows.add(names, positions)
    assert rows.table()[1].tolist() == [[1.0]]


def test_of_joints_named_again_the_last_position_counts():
    rows = JointRows()
    rows.add(["a", "b", "a"], [1.0, 2.0, 3.0])
    assert rows.table()[1].tolist() == [[3.0, 2.0]]


def test_a_message_takes_no_more_room_than_its_numbers():
    rows = JointRows()

    def fill(count):
        for number in range(count):
            # Each message brings strings of its own.
            names = [f"joint {joint}" for joint in range(JOINTS)]
            rows.add(names, np.full(JOINTS, float(number)))

    fill(1)
    tracemalloc.start()
    try:
        fill(1000)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 1000 * JOINTS * 8 * 1.5
