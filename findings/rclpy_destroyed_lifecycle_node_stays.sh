#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# rclpy 9.1.2 (Kilted): a lifecycle node that was destroyed stays in the ROS graph as long as anything
# refers to the Python object.
#
# Valid input: a Node and a LifecycleNode, each destroyed by destroy_node(), while a variable still holds it.
# Seen: "after destroy_node(): ['side', 'lifecycle']; after its last reference has gone: ['side']". The plain
# node leaves at once. The lifecycle node's state machine keeps the node's handle, and destroy_node() does
# not destroy it; an exception's traceback, or a reference cycle, is enough to keep it for long.
#
# Why it matters to a robot's face: nodes that are made anew in one process, after a fault, find a node of
# their own name that drives the same joints, as it seems, and a start that refuses a second one is refused.
# Exits non-zero if the destroyed lifecycle node leaves the graph.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  ros-kilted-rclpy==9.1.2 'ros-rclpy[fastrtps]==9.1.2' ros-rmw-fastrtps-cpp==9.3.3 ros-lifecycle-msgs==2.3.0
export ROS_DOMAIN_ID=${ROS_DOMAIN_ID:-77} ROS_AUTOMATIC_DISCOVERY_RANGE=LOCALHOST ROS_LOG_DIR=$folder
"$folder/venv/bin/python" - <<'PY'
import gc
import time

import rclpy
from rclpy.lifecycle import LifecycleNode
from rclpy.node import Node

rclpy.init()
side = rclpy.create_node("side")


def names():
    gc.collect()
    time.sleep(2.0)
    return side.get_node_names()


plain, managed = Node("plain"), LifecycleNode("lifecycle")
plain.destroy_node()
managed.destroy_node()
kept = names()
del managed
freed = names()
print(f"after destroy_node(): {kept}; after its last reference has gone: {freed}")
expected = "plain" not in kept and "lifecycle" in kept and "lifecycle" not in freed
raise SystemExit(0 if expected else "the destroyed node leaves the graph now")
PY
