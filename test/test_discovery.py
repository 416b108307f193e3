# SPDX-License-Identifier: Apache-2.0
"""Where nodes listen for others, and how often they announce themselves."""

import os
import subprocess
import sys
from xml.etree import ElementTree

import pytest

from x2c_bringup.shared_files import middleware_profile, set_middleware_defaults

pytestmark = [pytest.mark.ros, pytest.mark.process]

# Prints the address and the port of each UDP socket that a node's process has.
NODE = """
import os
import rclpy

rclpy.init(args=[])
node = rclpy.create_node("ears")
links = (os.path.join("/proc/self/fd", name) for name in os.listdir("/proc/self/fd"))
sockets = {os.readlink(link) for link in links if os.path.lexists(link)}
for kind in ("udp", "udp6"):
    with open(f"/proc/self/net/{kind}") as table:
        for words in (line.split() for line in table.readlines()[1:]):
            if f"socket:[{words[9]}]" in sockets:
                address, _, port = words[1].rpartition(":")
                print(address, int(port, 16))
"""
LOOPBACK = "0100007F"
EPHEMERAL = 32768
"""First of the ports that the system gives to sockets that only send."""


def ears(reach, domain):
    """Return the addresses on which the middleware of a node listens."""
    environment = {"ROS_AUTOMATIC_DISCOVERY_RANGE": reach, "ROS_DOMAIN_ID": str(domain)}
    set_middleware_defaults(environment)
    done = subprocess.run(
        [sys.executable, "-c", NODE],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
        timeout=400,
    )
    pairs = [line.split() for line in done.stdout.splitlines()]
    return {address for address, port in pairs if int(port) < EPHEMERAL}


@pytest.mark.parametrize(
    ("reach", "confined"),
    [("LOCALHOST", True), ("OFF", True), ("localhost", True), ("SUBNET", False)],
)
def test_only_nodes_that_others_may_find_listen_beyond_loopback(ros_domain, reach, confined):
    addresses = ears(reach, ros_domain)
    assert addresses, "the sockets of the middleware"
    assert (addresses == {LOOPBACK}) is confined


@pytest.mark.parametrize("reach", ["LOCALHOST", "SUBNET"])
def test_participants_are_announced_each_second(reach):
    profile = ElementTree.parse(middleware_profile({"ROS_AUTOMATIC_DISCOVERY_RANGE": reach}))
    (period,) = profile.iterfind(".//{*}leaseAnnouncement")
    assert [(one.tag.rpartition("}")[2], one.text) for one in period] == [("sec", "1")]
