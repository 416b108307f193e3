#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# rclpy 9.1.2 (Kilted): in a parameter file the block that comes last wins, not the more specific one.
#
# Valid input: a file that gives a value for one node by name, and after it one for all nodes ("/**").
# Seen: "named first: 2.0, named last: 1.0": the general block overrides the node's own.
#
# Why it matters to a robot's face: a slower limit or a smaller gain that is set for one node, and
# stands above a general block of the same file, is silently not in force.
# Exits non-zero if the order does not matter.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  ros-kilted-rclpy==9.1.2 'ros-rclpy[fastrtps]==9.1.2' ros-rmw-fastrtps-cpp==9.3.3
cat >"$folder/named_first.yaml" <<'YAML'
jaw:
  ros__parameters: {gain: 1.0}
/**:
  ros__parameters: {gain: 2.0}
YAML
cat >"$folder/named_last.yaml" <<'YAML'
/**:
  ros__parameters: {gain: 2.0}
jaw:
  ros__parameters: {gain: 1.0}
YAML
ROS_AUTOMATIC_DISCOVERY_RANGE=OFF ROS_LOG_DIR=$folder "$folder/venv/bin/python" - "$folder" <<'PY'
import sys

import rclpy


def gain(path):
    rclpy.init(args=["finding", "--ros-args", "--params-file", path])
    node = rclpy.create_node("jaw")
    value = node.declare_parameter("gain", 0.0).value
    node.destroy_node()
    rclpy.shutdown()
    return value


first, last = gain(f"{sys.argv[1]}/named_first.yaml"), gain(f"{sys.argv[1]}/named_last.yaml")
print(f"named first: {first}, named last: {last}")
raise SystemExit(0 if (first, last) == (2.0, 1.0) else "the more specific block wins now")
PY
