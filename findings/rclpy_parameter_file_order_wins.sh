#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# rclpy 9.1.2 (Kilted): in parameter files the block that comes last wins, not the more specific one; and
# a file given last, or -p, can lose against an earlier file.
#
# Valid input: files that give a value for one node by name, and one for all nodes ("/**").
# Seen: "named first: 2.0, named last: 1.0": the general block overrides the node's own.
# Seen: "two files: 2.0, -p behind the file: 1.0": blocks of one name are joined where the first of them
# is, so a second file for the node counts before the first one's "/**". launch_ros passes a parameter
# that a launch file gives a node in this way. -p is written into "/**", and loses against a block of the
# node that comes after it.
#
# Why it matters to a robot's face: a slower limit or a smaller gain, or another robot chosen on the
# command line, is silently not in force.
# Exits non-zero if the order does not matter, or what is given last wins.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  ros-kilted-rclpy==9.1.2 'ros-rclpy[fastrtps]==9.1.2' ros-rmw-fastrtps-cpp==9.3.3
cat >"$folder/named_first.yaml" <<'YAML'
/jaw:
  ros__parameters: {gain: 1.0}
/**:
  ros__parameters: {gain: 2.0}
YAML
cat >"$folder/named_last.yaml" <<'YAML'
/**:
  ros__parameters: {gain: 2.0}
/jaw:
  ros__parameters: {gain: 1.0}
YAML
cat >"$folder/chosen.yaml" <<'YAML'
/jaw:
  ros__parameters: {gain: 3.0}
YAML
cd "$folder"
ROS_AUTOMATIC_DISCOVERY_RANGE=OFF ROS_LOG_DIR=$folder "$folder/venv/bin/python" - <<'PY'
import rclpy


def gain(*words):
    rclpy.init(args=["finding", "--ros-args", *words])
    node = rclpy.create_node("jaw")
    value = node.declare_parameter("gain", 0.0).value
    node.destroy_node()
    rclpy.shutdown()
    return value


first = gain("--params-file", "named_first.yaml")
last = gain("--params-file", "named_last.yaml")
files = gain("--params-file", "named_first.yaml", "--params-file", "chosen.yaml")
word = gain("--params-file", "named_last.yaml", "-p", "gain:=3.0")
print(f"named first: {first}, named last: {last}")
print(f"two files: {files}, -p behind the file: {word}")
expected = (2.0, 1.0, 2.0, 1.0)
raise SystemExit(0 if (first, last, files, word) == expected else "the order counts otherwise now")
PY
