# SPDX-License-Identifier: Apache-2.0
"""Control values of the solver for a video, without ROS: python solver_without_ros.py VIDEO."""

import sys

import cv2

from x2c_bringup.imitation import Imitation

video = cv2.VideoCapture(sys.argv[1])
period = 1.0 / (video.get(cv2.CAP_PROP_FPS) or 30.0)
with Imitation(robot="virtual", backend="solver") as imitation:
    number = 0
    while (read := video.read())[0]:
        result = imitation(read[1], number * period)
        number += 1
        jaw = result.by_name()["Jaw Pitch"]
        print(f"{number * period:.3f} s {result.state.name}: Jaw Pitch {jaw:.3f}")
