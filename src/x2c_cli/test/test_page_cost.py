# SPDX-License-Identifier: Apache-2.0
"""Cost of the live page: its browsers, and the figures that are shown."""

from dataclasses import replace

import pytest
from sensor_msgs.msg import JointState

from x2c_bringup.page.access import Access
from x2c_cli.bench.page_cost import (
    AUDIENCES,
    Audience,
    PageCost,
    browsers,
    summary,
    wait_for_commands,
)
from x2c_cli.bus.connection import Bus
from x2c_cli.errors import BusError
from x2c_node.qos import NEWEST
from x2c_testing.served_page import Served


def test_medians_are_shown_of_each_audience():
    one = PageCost("", p50=8.0, p99=20.0, images=30.0, nodes=0.25, page=0.0)
    results = [
        replace(one, audience=audience.name, p50=p50)
        for audience in AUDIENCES
        for p50 in (1, 9, 2)
    ]
    rows = summary(results)
    assert [row[0] for row in rows] == [audience.name for audience in AUDIENCES]
    assert rows[0][1:] == ("2.00", "20.0", "30.0", "0.250", "0.000")


def test_its_browsers_look_at_the_page_draw_and_leave(wait_until):
    access = Access()
    served = Served(access)
    try:
        served.newest.put("values", [0.0])
        with browsers(Audience("two", 2), served.port, access.token):
            wait_until(lambda: served.nodes.watched, what="a browser")
        wait_until(lambda: not served.nodes.watched, what="its end")
    finally:
        served.close()


def test_nothing_is_measured_before_the_nodes_have_started(ros, monkeypatch):
    monkeypatch.setattr("x2c_cli.bench.page_cost._STARTING", 0.1)
    with Bus() as bus:
        with pytest.raises(BusError, match="nothing on /joint_commands"):
            wait_for_commands(bus)
        monkeypatch.undo()
        publisher = ros.publish(JointState, "/joint_commands", NEWEST)
        ros.node.create_timer(0.05, lambda: publisher.publish(JointState()))
        wait_for_commands(bus)
