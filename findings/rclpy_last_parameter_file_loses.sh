#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# rclpy 9.1.2 (Kilted): a parameter file given last, for one node by name, loses against an earlier file.
#
# Valid input: two files. The first has a block for the node and below it one for all nodes ("/**"); the
# second has a block for the node. So launch_ros passes a parameter that a launch file gives a node:
# as a file of its own behind the user's.
# Seen: "two files: 2.0, -p behind the file: 1.0": blocks of one name are joined where the first of them
# is, so the second file counts before the first one's "/**". The same goes for -p, which is written
# into "/**": here it loses against a block of the node that comes after "/**" in the file.
#
# Why it matters to a robot's face: what was chosen on the command line, such as another robot or a
# slower rate, is silently not in force.
# Exits non-zero if what is given last wins.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  ros-kilted-rclpy==9.1.2 'ros-rclpy[fastrtps]==9.1.2' ros-rmw-fastrtps-cpp==9.3.3
cat >"$folder/all_last.yaml" <<'YAML'
/jaw:
  ros__parameters: {gain: 1.0}
/**:
  ros__parameters: {gain: 2.0}
YAML
cat >"$folder/all_first.yaml" <<'YAML'
/**:
  ros__parameters: {gain: 2.0}
/jaw:
  ros__parameters: {gain: 1.0}
YAML
cat >"$folder/chosen.yaml" <<'YAML'
/jaw:
  ros__parameters: {gain: 3.0}
YAML
ROS_AUTOMATIC_DISCOVERY_RANGE=OFF ROS_LOG_DIR=$folder "$folder/venv/bin/python" - "$folder" <<'PY'
import sys

import rclpy


def gain(*words):
    rclpy.init(args=["finding", "--ros-args", *words])
    node = rclpy.create_node("jaw")
    value = node.declare_parameter("gain", 0.0).value
    node.destroy_node()
    rclpy.shutdown()
    return value


folder = sys.argv[1]
files = gain("--params-file", f"{folder}/all_last.yaml", "--params-file", f"{folder}/chosen.yaml")
word = gain("--params-file", f"{folder}/all_first.yaml", "-p", "gain:=3.0")
print(f"two files: {files}, -p behind the file: {word}")
raise SystemExit(0 if (files, word) == (2.0, 1.0) else "what is given last wins now")
PY
