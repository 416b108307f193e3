# SPDX-License-Identifier: Apache-2.0
"""A process that publishes the emergency stop with any quality of service.

rclpy can only ask for volatile and transient-local durability. The others that DDS knows are set
by a profile of Fast DDS, as a program that is no ROS node would.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import rclpy
from rclpy.logging import get_logging_severity_from_string, set_logger_level
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from std_msgs.msg import Bool

RELIABILITIES = ("reliable", "best_effort")
DURABILITIES = ("volatile", "transient_local", "transient", "persistent")

_BY_PROFILE = ("transient", "persistent")
_PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<dds><profiles><data_writer profile_name="stop" is_default_profile="true"><qos>
<durability><kind>{durability}</kind></durability>
<reliability><kind>{reliability}</kind></reliability>
</qos></data_writer></profiles></dds>
"""
_READY = "ready"
_ENDING = 5.0


class StopButton:
    """A button in a process of its own; in a `with` statement it is there from the beginning.

    Args:
        topic: Full name of the topic.
        reliability: One of RELIABILITIES.
        durability: One of DURABILITIES.
    """

    def __init__(self, topic: str, reliability: str, durability: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="x2c_stop_")
        environment = dict(os.environ)
        if durability in _BY_PROFILE:
            profile = Path(self._folder.name) / "profile.xml"
            text = _PROFILE.format(durability=durability.upper(), reliability=reliability.upper())
            profile.write_text(text, encoding="utf-8")
            environment |= {
                "RMW_FASTRTPS_USE_QOS_FROM_XML": "1",
                "FASTDDS_DEFAULT_PROFILES_FILE": str(profile),
            }
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", __name__, topic, reliability, durability],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> StopButton:
        """Wait until the button has found a listener, or has looked for one in vain."""
        assert self._process.stdout is not None  # noqa: S101 - asked for above
        self._process.stdout.readline()
        return self

    def __exit__(self, *error: object) -> None:
        """Take the button away."""
        assert self._process.stdin is not None  # noqa: S101 - asked for above
        self._process.stdin.close()
        try:
            self._process.wait(_ENDING)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout is not None  # noqa: S101 - asked for above
        self._process.stdout.close()
        self._folder.cleanup()

    def set(self, asserted: bool) -> None:
        """Publish."""
        assert self._process.stdin is not None  # noqa: S101 - asked for above
        self._process.stdin.write(f"{int(asserted)}\n")
        self._process.stdin.flush()


def _quality(reliability: str, durability: str) -> QoSProfile:
    if durability in _BY_PROFILE:
        # The profile decides.
        return QoSProfile(
            depth=1,
            reliability=ReliabilityPolicy.SYSTEM_DEFAULT,
            durability=DurabilityPolicy.SYSTEM_DEFAULT,
        )
    return QoSProfile(
        depth=1,
        reliability=ReliabilityPolicy[reliability.upper()],
        durability=DurabilityPolicy[durability.upper()],
    )


def main() -> None:
    """Publish what stdin says, one number a line, until it ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("topic")
    parser.add_argument("reliability", choices=RELIABILITIES)
    parser.add_argument("durability", choices=DURABILITIES)
    arguments = parser.parse_args()
    rclpy.init(args=[])
    # A listener that asks for more than this button offers is not the button's trouble.
    set_logger_level("x2c_stop_button", get_logging_severity_from_string("error"))
    node = Node("x2c_stop_button", use_global_arguments=False, start_parameter_services=False)
    quality = _quality(arguments.reliability, arguments.durability)
    publisher = node.create_publisher(Bool, arguments.topic, quality)
    for _ in range(100):
        if publisher.get_subscription_count():
            break
        rclpy.spin_once(node, timeout_sec=0.05)
    print(_READY, flush=True)
    for line in sys.stdin:
        publisher.publish(Bool(data=line.strip() == "1"))
    node.destroy_node()
    rclpy.try_shutdown()


if __name__ == "__main__":
    main()
