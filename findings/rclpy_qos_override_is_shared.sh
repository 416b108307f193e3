#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# rclpy 9.1.2 (Kilted): a QoS override is written into the profile object that the caller passed.
#
# Valid input: one QoSProfile constant for two publishers, as packages keep them; the user overrides
# the reliability of one topic by the documented parameter.
# Seen: "overridden: BEST_EFFORT, the other: BEST_EFFORT, the constant: BEST_EFFORT": the second
# publisher, which nobody asked to change, is best effort, too.
#
# Why it matters to a robot's face: one override for camera images silently changes what else shares
# the constant, joint commands and the emergency stop included.
# Exits non-zero if the second publisher stays reliable.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  ros-kilted-rclpy==9.1.2 'ros-rclpy[fastrtps]==9.1.2' ros-rmw-fastrtps-cpp==9.3.3 ros-std-msgs==5.5.1
ROS_AUTOMATIC_DISCOVERY_RANGE=OFF ROS_LOG_DIR=$folder "$folder/venv/bin/python" - <<'PY'
import rclpy
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.qos_overriding_options import QoSOverridingOptions
from std_msgs.msg import Bool

RELIABLE = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE)
rclpy.init()
node = rclpy.create_node(
    "finding",
    parameter_overrides=[
        Parameter("qos_overrides./images.publisher.reliability", value="best_effort")
    ],
)
options = QoSOverridingOptions.with_default_policies()
images = node.create_publisher(Bool, "/images", RELIABLE, qos_overriding_options=options)
commands = node.create_publisher(Bool, "/commands", RELIABLE, qos_overriding_options=options)
names = [one.reliability.name for one in (images.qos_profile, commands.qos_profile, RELIABLE)]
print("overridden: {}, the other: {}, the constant: {}".format(*names))
rclpy.shutdown()
raise SystemExit(0 if names[1] == "BEST_EFFORT" else "the second publisher keeps its QoS now")
PY
