#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Fast DDS 3.2.3 (rmw_fastrtps 9.3.3): raw 640x480 colour images do not reach a best-effort subscriber
# on the same machine.
#
# Valid input: sensor_msgs/Image of 640x480 bgr8 (921,600 bytes), 30 a second, sensor-data QoS on both
# sides, two processes, defaults of the middleware.
# Seen: "640x480: 9 of 150 images arrived; 320x240: 150 of 150". The default shared-memory segment
# holds 512 kB; what does not fit goes over UDP, where fragments of best-effort samples are lost.
# How many arrive varies with the socket buffers: 0 of 150 on another machine.
#
# Why it matters to a robot's face: the QoS that REP-2003 recommends for cameras delivers nothing, and
# nothing reports it: publisher and subscriber match. A profile with a larger segment_size mends it.
# Exits non-zero if most large images arrive.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  ros-kilted-rclpy==9.1.2 'ros-rclpy[fastrtps]==9.1.2' ros-rmw-fastrtps-cpp==9.3.3 \
  ros-fastdds==3.2.3 ros-sensor-msgs==5.5.1
cat >"$folder/listen.py" <<'PY'
import sys
import time

import rclpy
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Image

rclpy.init()
node = rclpy.create_node("listener")
heard = []
node.create_subscription(Image, "images", lambda _: heard.append(1), qos_profile_sensor_data)
print("ready", flush=True)
end = time.monotonic() + 12.0
while time.monotonic() < end and len(heard) < 150:
    rclpy.spin_once(node, timeout_sec=0.1)
print(len(heard))
PY
cat >"$folder/talk.py" <<'PY'
import array
import subprocess
import sys
import time

import rclpy
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Image


def arrived(width, height):
    listener = subprocess.Popen(
        [sys.executable, sys.argv[1]], stdout=subprocess.PIPE, text=True
    )
    listener.stdout.readline()
    publisher = node.create_publisher(Image, "images", qos_profile_sensor_data)
    while not publisher.get_subscription_count():
        time.sleep(0.05)
    time.sleep(0.5)
    image = Image(height=height, width=width, encoding="bgr8", step=3 * width)
    image.data = array.array("B", bytes(3 * width * height))
    for _ in range(150):
        publisher.publish(image)
        time.sleep(1.0 / 30.0)
    node.destroy_publisher(publisher)
    return int(listener.communicate(timeout=30)[0])


rclpy.init()
node = rclpy.create_node("talker")
large, small = arrived(640, 480), arrived(320, 240)
print(f"640x480: {large} of 150 images arrived; 320x240: {small} of 150")
raise SystemExit(0 if large < 75 < small else "large images arrive now")
PY
unset FASTDDS_DEFAULT_PROFILES_FILE FASTRTPS_DEFAULT_PROFILES_FILE
ROS_DOMAIN_ID=${ROS_DOMAIN_ID:-77} ROS_AUTOMATIC_DISCOVERY_RANGE=LOCALHOST ROS_LOG_DIR=$folder \
  "$folder/venv/bin/python" "$folder/talk.py" "$folder/listen.py"
