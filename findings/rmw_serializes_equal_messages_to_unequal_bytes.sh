#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# rmw_fastrtps_cpp 9.3.3 (Kilted) through rclpy 9.1.2: the same message, serialized twice, gives different bytes.
#
# Valid input: a sensor_msgs/JointState with one joint, serialized before and after a message of another type.
# Seen: "equal messages: True, equal bytes: False". CDR aligns numbers, and a serialized message is rounded up to
# its aligned size; the bytes in between are not set, so they are whatever the buffer held before.
#
# Why it matters to a robot's face: joint states, control values and landmarks are recorded as they are serialized.
# Two recordings of equal messages differ in their bytes and checksums, duplicates are not found by comparing
# bytes, and a test that compares them fails now and then. Compare what is read from them.
# Exits non-zero if equal messages are serialized alike.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check numpy==1.26.4 ros-kilted-rclpy==9.1.2 \
  'ros-rclpy[fastrtps]==9.1.2' ros-rmw-fastrtps-cpp==9.3.3 ros-sensor-msgs==5.5.1 ros-std-msgs==5.5.1
ROS_AUTOMATIC_DISCOVERY_RANGE=OFF ROS_LOG_DIR=$folder "$folder/venv/bin/python" - <<'PY'
from rclpy.serialization import deserialize_message, serialize_message
from sensor_msgs.msg import JointState
from std_msgs.msg import String

message = JointState(name=["jaw"], position=[0.5])
first = serialize_message(message)
serialize_message(String(data="x" * 60))
second = serialize_message(message)
read = [deserialize_message(one, JointState) for one in (first, second)]
print(f"equal messages: {read[0] == read[1] == message}, equal bytes: {first == second}")
raise SystemExit(0 if read[0] == read[1] and first != second else "they are serialized alike now")
PY
