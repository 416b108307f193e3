#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# rclpy 9.1.2 (Kilted): an executor waits twice for every callback, each time with a new wait set of all
# entities of the node.
#
# Valid input: a node with a timer, spun by the single-threaded executor; nothing else happens.
# Seen: "100 callbacks: 200 waits, 200 wait sets". The executor triggers its own guard condition when it
# has taken from an entity and when the callback has ended. That is for the threads of other executors
# that wait meanwhile; here it only ends the next wait, with nothing ready. A lifecycle node has 30 and
# more entities, and each wait gathers them, asks each whether it can be executed, and adds them one by one.
#
# Why it matters to a robot's face: its nodes take a few hundred messages a second together, and most of
# the processor time of that is spent on waiting, on the small computer in a robot's head.
# Exits non-zero if an executor waits less often than that.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  ros-kilted-rclpy==9.1.2 'ros-rclpy[fastrtps]==9.1.2' ros-rmw-fastrtps-cpp==9.3.3
ROS_AUTOMATIC_DISCOVERY_RANGE=OFF ROS_LOG_DIR=$folder "$folder/venv/bin/python" - <<'PY'
import rclpy
from rclpy import executors

made, waits, callbacks = [], [], []


class WaitSet(executors._rclpy.WaitSet):
    def __init__(self, *counts):
        super().__init__(*counts)
        made.append(0)

    def wait(self, timeout):
        waits.append(0)
        super().wait(timeout)


executors._rclpy.WaitSet = WaitSet
rclpy.init()
node = rclpy.create_node("jaw")
node.create_timer(0.01, lambda: callbacks.append(0))
executor = executors.SingleThreadedExecutor()
executor.add_node(node)
while len(callbacks) < 100:
    executor.spin_once()
print(f"{len(callbacks)} callbacks: {len(waits)} waits, {len(made)} wait sets")
raise SystemExit(0 if len(waits) > 190 and len(made) > 190 else "it waits less often now")
PY
