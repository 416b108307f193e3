# SPDX-License-Identifier: Apache-2.0
"""Messages of running nodes, turned into what the live page shows."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping
from typing import Any

import numpy as np
from sensor_msgs.msg import CompressedImage, Image

from x2c_actuation.safety.state_machine import State
from x2c_bringup.page.frame_pairing import FramePairing
from x2c_bringup.page.newest import Blob, Newest
from x2c_bringup.run.live_line import LATENCY, first_trouble, number, share_found
from x2c_cli.bus.robot_topics import as_jpeg
from x2c_core.errors import X2CError
from x2c_core.face.frames import ControlState, FaceState
from x2c_core.face.topology import COUNT
from x2c_core.printable import printable
from x2c_msgs.msg import ActuationState, ControlValues, FaceLandmarks, MixerState
from x2c_node.conversion.headers import to_nanoseconds
from x2c_node.conversion.messages import controls_from_message
from x2c_node.diagnostics import Diagnosis

_LINES = 6
_LONGEST_LINE = 300
_SUBPIXELS = 10
"""Landmarks are whole numbers of tenths of a pixel."""


class LiveNews:
    """Turn each message into a part of the page; all by one thread.

    Args:
        newest: Gets the parts.
    """

    def __init__(self, newest: Newest) -> None:
        self._newest = newest
        self._pairing = FramePairing()
        self._lines: deque[dict[str, Any]] = deque(maxlen=_LINES)

    def camera(self, message: CompressedImage | Image) -> None:
        """Show an image of the camera with the landmarks that were found in it."""
        message = as_jpeg(message)
        stamp = to_nanoseconds(message.header.stamp)
        self._show(self._pairing.image(stamp, bytes(message.data)))

    def face(self, message: FaceLandmarks) -> None:
        """Show the face; its landmarks go with their image."""
        tracking = message.state == FaceState.TRACKING
        self._newest.put(
            "face", {"tracking": tracking, "person": message.track_id if tracking else None}
        )
        points = np.asarray(message.landmarks, dtype=np.float64).reshape(COUNT, 3)[:, :2]
        face = {"width": message.image_width, "height": message.image_height, "points": []}
        if tracking and np.isfinite(points).all():
            face["points"] = np.rint(points * _SUBPIXELS).astype(int).ravel().tolist()
        self._show(self._pairing.face(to_nanoseconds(message.header.stamp), face))

    def _show(self, shown: list[tuple[bytes, Any]]) -> None:
        for jpeg, face in shown:
            self._newest.put("camera", Blob(jpeg, {"face": face}))

    def robot(self, message: CompressedImage) -> None:
        """Show an image of the robot."""
        self._newest.put("robot", Blob(bytes(message.data), {}))

    def values(self, message: ControlValues) -> None:
        """Show the control values; those that are no values are left out."""
        try:
            frame = controls_from_message(message)
        except X2CError:
            return
        self._newest.put(
            "values",
            {
                "values": [round(float(value), 4) for value in frame.values],
                "state": ControlState(frame.state).name.lower(),
            },
        )

    def mixer(self, message: MixerState) -> None:
        """Show which source is seen in which region."""
        pairs = zip(message.regions, message.winners, strict=False)
        self._newest.put(
            "mixer",
            {
                "regions": {printable(region): printable(one) for region, one in pairs},
                "live": [printable(one) for one in message.live],
                "additive": [printable(one) for one in message.additive],
            },
        )

    def actuation(self, message: ActuationState) -> None:
        """Show what the joints follow."""
        known = {state.value: state.name.lower() for state in State}
        self._newest.put(
            "actuation",
            {
                "state": known.get(message.state, f"unknown state {message.state}"),
                "reason": printable(message.reason),
                "armed": message.armed,
                # So that a page sees that states still come, though nothing changes.
                "heard": int(time.monotonic()),
                "estop": message.estop_pressed,
                "clamped": {
                    "controls clamped": message.controls_clamped,
                    "positions clamped": message.positions_clamped,
                    "coupled limits": message.coupling_limited,
                    "late ticks": message.late_ticks,
                },
            },
        )

    def reports(self, reports: Mapping[str, Diagnosis]) -> None:
        """Show latency, rates, the person, and how each node is."""
        short = {name.rpartition("/")[2]: one for name, one in reports.items()}
        nothing = Diagnosis(next(iter(reports.values())).level, "")
        tracker = short.get("face_tracker_node", nothing)
        actuation = short.get("actuation_node", nothing)
        camera = short.get("camera_node", short.get("bag_player_node", nothing))
        self._newest.put(
            "figures",
            {
                "camera [Hz]": _figure(number(camera, "image rate [Hz]")),
                "commands [Hz]": _figure(number(actuation, "commands rate [Hz]")),
                "face found [%]": _figure(share_found(tracker) * 100.0),
                "latency p50 [ms]": _figure(number(actuation, f"{LATENCY} p50 [ms]")),
                "latency p99 [ms]": _figure(number(actuation, f"{LATENCY} p99 [ms]")),
                "tracking p50 [ms]": _figure(number(tracker, "tracking p50 [ms]")),
            },
        )
        self._newest.put(
            "person",
            {
                key: printable(tracker.values.get(name, ""))
                for key, name in (
                    ("track", "track id"),
                    ("faces", "faces in the image"),
                    ("neutral", "neutral"),
                    ("sureness", "neutral sureness"),
                    ("progress", "calibration progress"),
                )
            },
        )
        self._newest.put("trouble", printable(first_trouble(short)))
        self._newest.put(
            "nodes",
            [
                {"name": name, "level": one.level.name, "message": printable(one.message)}
                for name, one in sorted(reports.items())
            ],
        )

    def answer(self, service: str, response: Any) -> None:
        """Show a node's answer to a request."""
        node, _, name = service.rpartition("/")
        text = response.message or ("done" if response.success else "refused")
        self.say(f"{node.rpartition('/')[2]}, {name}: {text}", failed=not response.success)

    def say(self, text: str, *, failed: bool = False) -> None:
        """Show a line to all browsers."""
        line = {"time": time.strftime("%H:%M:%S"), "text": printable(text)[:_LONGEST_LINE]}
        self._lines.append({**line, "failed": failed})
        self._newest.put("lines", list(self._lines))


def _figure(value: float) -> float | None:
    """Return a number that JSON has."""
    return round(value, 1) if np.isfinite(value) else None
