# SPDX-License-Identifier: Apache-2.0
"""Choice of the robot that a program is for."""

import pytest

from x2c_cli.bus.robot_choice import ROOT, RobotChoice

HERE, LEFT, RIGHT, EYES = (
    f"{namespace}/actuation_node" for namespace in ("", "/left", "/right", "/left/eyes")
)


@pytest.mark.parametrize(
    ("wanted", "there", "namespace", "chosen", "stopped"),
    [
        ("", [], "", [], []),
        ("", [HERE], "", [HERE], [HERE]),
        ("", [LEFT], "/left", [LEFT], [LEFT]),
        ("", [LEFT, RIGHT], None, [], [LEFT, RIGHT]),
        ("", [HERE, LEFT], None, [], [HERE, LEFT]),
        (ROOT, [HERE, LEFT], "", [HERE], [HERE]),
        ("/left", [HERE, LEFT, RIGHT], "/left", [LEFT], [LEFT]),
        ("/left", [LEFT, EYES], "/left", [LEFT], [LEFT, EYES]),
        ("/left", [], "/left", [], []),
    ],
)
def test_the_only_robot_is_chosen_and_of_several_the_one_asked_for(
    wanted, there, namespace, chosen, stopped
):
    choice = RobotChoice(wanted, there)
    assert (choice.namespace, choice.chosen, choice.stopped) == (namespace, chosen, stopped)
    assert bool(choice.advice) == (namespace is None)


def test_a_choice_names_the_robots_and_how_to_choose():
    advice = RobotChoice("", [HERE, LEFT]).advice
    assert "/, /left" in advice
    assert "--namespace /'" in advice


def test_a_node_belongs_to_the_nearest_robot():
    assert RobotChoice(ROOT, [HERE, LEFT]).has("/camera_node")
    assert not RobotChoice(ROOT, [HERE, LEFT]).has("/left/camera_node")
    assert RobotChoice("/left", [HERE, LEFT]).has("/left/camera_node")
    assert RobotChoice("/left", []).has("/left/motors/motor_driver_node")
    assert not RobotChoice("/left", [LEFT, EYES]).has("/left/eyes/camera_node")
    assert not RobotChoice("", [LEFT, RIGHT]).has("/left/camera_node")
