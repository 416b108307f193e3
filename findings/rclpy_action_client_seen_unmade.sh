#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# rclpy 9.1.2 (Kilted): an ActionClient that is made while another thread spins its node ends the spin.
#
# Valid input: a node that a thread spins, as tools and web servers do; the main thread makes clients
# of actions of it, as it makes publishers, subscriptions and clients of services without trouble.
# Seen: "AttributeError: 'ActionClient' object has no attribute '_lock'", raised in the thread that
# spins, mostly within the first hundred clients: the client is given to the node before its lock is
# made. The action server makes its lock first. (Threads take turns more often here than by default,
# so that it shows soon; on a busy machine it also happens without that, with a single client.)
#
# Why it matters to a robot's face: a program that plays an expression by action while it hears states
# loses the thread that hears, and with it the emergency stop's state, though the constructor succeeds.
# Make the client before the executor has the node.
# Exits non-zero if no client of 2000 is seen unmade.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  ros-kilted-rclpy==9.1.2 'ros-rclpy[fastrtps]==9.1.2' ros-rmw-fastrtps-cpp==9.3.3 ros-test-msgs==2.3.0
ROS_AUTOMATIC_DISCOVERY_RANGE=OFF ROS_LOG_DIR=$folder "$folder/venv/bin/python" - <<'PY'
import sys
import threading

import rclpy
from rclpy.action import ActionClient
from rclpy.executors import SingleThreadedExecutor
from test_msgs.action import Fibonacci

sys.setswitchinterval(1e-5)
rclpy.init()
node = rclpy.create_node("finding")
executor = SingleThreadedExecutor()
executor.add_node(node)
errors: list[Exception] = []
clients: list[ActionClient] = []


def spin() -> None:
    try:
        executor.spin()
    except Exception as error:
        errors.append(error)


threading.Thread(target=spin, daemon=True).start()
while len(clients) < 2000 and not errors:
    clients.append(ActionClient(node, Fibonacci, f"action_{len(clients)}"))
print(f"after {len(clients)} clients the spin ended by: {errors}")
seen = any("_lock" in str(error) for error in errors)
sys.stdout.flush()
raise SystemExit(0 if seen else "no client was seen before it was made")
PY
