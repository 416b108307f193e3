# SPDX-License-Identifier: Apache-2.0
from collections import Counter

import pytest
from rclpy.node import Node

from x2c_node.diagnostics import Level
from x2c_node.graph.namesakes import Namesakes, full_names
from x2c_node.managed_node import ManagedNode
from x2c_node.parameters import Parameters


@pytest.fixture
def add(ros):
    return lambda name, namespace="": ros.add(Node(name, namespace=namespace))


def test_nodes_are_told_apart_by_their_full_names(add, wait_until):
    one = add("eye", "/left")
    add("eye", "/right")
    add("eye")
    wait_until(
        lambda: full_names(one) >= Counter(["/left/eye", "/right/eye", "/eye"]), what="the nodes"
    )
    assert not Namesakes(one).there


def test_a_namesake_is_an_error_until_it_ends(ros, wait_until):
    node = ros.add(ManagedNode("face", Parameters))
    assert node.diagnosis().level is not Level.ERROR
    other = Node("face")
    wait_until(lambda: node.diagnosis().level is Level.ERROR, what="the error")
    assert node.diagnosis().message.startswith("another node /face runs too")
    other.destroy_node()
    wait_until(lambda: node.diagnosis().level is not Level.ERROR, what="the end of the error")
