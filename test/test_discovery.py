# SPDX-License-Identifier: Apache-2.0
"""Nodes that only this machine may find: no ear on any other address, and found at once."""

import os
import re
import subprocess
import sys

import pytest

from x2c_bringup.shared_files import (
    PROFILE_VARIABLE,
    middleware_profile,
    set_middleware_defaults,
)

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


# Makes participants one after another, each when the first announcements of the one before are
# over, and prints how many others each knows.
PARTICIPANTS = """
import time
import rclpy
from rclpy.context import Context

made = []
for number in range(8):
    context = Context()
    rclpy.init(context=context, args=[])
    made.append(rclpy.create_node(f"node_{number}", context=context))
    time.sleep(0.8)
limit = time.monotonic() + 10.0
known = []
while time.monotonic() < limit and sum(known) < 8 * 7:
    time.sleep(0.1)
    known = [len(node.get_node_names()) - 1 for node in made]
print(*known)
"""


@pytest.mark.slow
def test_participants_find_each_other_with_their_first_announcements(ros_domain, tmp_path):
    environment = {"ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}
    profile = middleware_profile(environment).read_text()
    never_again, count = re.subn(
        "<leaseAnnouncement>.*?</leaseAnnouncement>",
        "<leaseDuration><sec>5000</sec></leaseDuration>"
        "<leaseAnnouncement><sec>1000</sec></leaseAnnouncement>",
        profile,
        flags=re.DOTALL,
    )
    assert count == 1
    file = tmp_path / "profile.xml"
    file.write_text(never_again)
    done = subprocess.run(
        [sys.executable, "-c", PARTICIPANTS],
        env={
            **os.environ,
            **environment,
            PROFILE_VARIABLE: str(file),
            "ROS_DOMAIN_ID": str(ros_domain),
        },
        capture_output=True,
        text=True,
        check=True,
        timeout=400,
    )
    assert done.stdout.split() == ["7"] * 8, done.stderr
