#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# rclpy 9.1.2 with rmw_fastrtps 9.3.3 (Kilted): a publisher's QoS as the graph shows it may be one that
# no subscription can be made with.
#
# Valid input: a publisher with DDS durability TRANSIENT, from a profile of Fast DDS as programs that
# are no ROS nodes use it, and a node that subscribes as the publisher offers (as recorders do).
# Seen: "durability as the graph shows it: UNKNOWN; to subscribe with it: RCLError". Volatile or
# transient-local subscriptions do hear that publisher.
#
# Why it matters to a robot's face: a node that adapts to the publishers of its emergency stop fails at
# the one that offers more than usual, and may be deaf from then on.
# Exits non-zero if the durability is known or the subscription can be made.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  ros-kilted-rclpy==9.1.2 'ros-rclpy[fastrtps]==9.1.2' ros-rmw-fastrtps-cpp==9.3.3 ros-std-msgs==5.5.1
cat >"$folder/profile.xml" <<'XML'
<?xml version="1.0" encoding="UTF-8"?>
<dds><profiles><data_writer profile_name="stop" is_default_profile="true"><qos>
<durability><kind>TRANSIENT</kind></durability><reliability><kind>RELIABLE</kind></reliability>
</qos></data_writer></profiles></dds>
XML
export ROS_DOMAIN_ID=${ROS_DOMAIN_ID:-77} ROS_AUTOMATIC_DISCOVERY_RANGE=LOCALHOST ROS_LOG_DIR=$folder
RMW_FASTRTPS_USE_QOS_FROM_XML=1 FASTDDS_DEFAULT_PROFILES_FILE=$folder/profile.xml \
  timeout 60 "$folder/venv/bin/python" - <<'PY' &
import time

import rclpy
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from std_msgs.msg import Bool

rclpy.init()
node = rclpy.create_node("button")
node.create_publisher(
    Bool,
    "stop",
    QoSProfile(
        depth=1,
        reliability=ReliabilityPolicy.SYSTEM_DEFAULT,
        durability=DurabilityPolicy.SYSTEM_DEFAULT,
    ),
)
time.sleep(30.0)
PY
button=$!
trap 'kill $button 2>/dev/null; rm -rf "$folder"' EXIT
unset FASTDDS_DEFAULT_PROFILES_FILE
"$folder/venv/bin/python" - <<'PY'
import time

import rclpy
from rclpy.qos import QoSProfile
from std_msgs.msg import Bool

rclpy.init()
node = rclpy.create_node("listener")
limit = time.monotonic() + 20.0
while not (found := node.get_publishers_info_by_topic("/stop")) and time.monotonic() < limit:
    time.sleep(0.1)
shown = found[0].qos_profile
try:
    profile = QoSProfile(depth=1, reliability=shown.reliability, durability=shown.durability)
    node.create_subscription(Bool, "stop", print, profile)
    outcome = "works"
except Exception as error:
    outcome = type(error).__name__
print(f"durability as the graph shows it: {shown.durability.name}; to subscribe with it: {outcome}")
expected = shown.durability.name == "UNKNOWN" and outcome != "works"
raise SystemExit(0 if expected else "the durability can be used now")
PY
