# SPDX-License-Identifier: Apache-2.0
"""Compose one frame of the video from what was recorded of one moment."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from x2c_core.arrays import ImageArray
from x2c_core.face.frames import ControlState, FaceState
from x2c_core.images import theme
from x2c_core.images.theme import bgr, fill, put_text, text_width
from x2c_evaluation.run_report.face_drawing import draw_face
from x2c_evaluation.run_report.panels import ControlBars, fit_image, show_message

WIDTH = 1280
HEIGHT = 720
_HEADER = 52
_GAP = 8
_BARS = 140
_IMAGES = HEIGHT - _HEADER - _BARS - 2 * _GAP
"""Height of the two images [pixel]."""


@dataclass(frozen=True)
class FrameSet:
    """Data of one camera frame.

    Attributes:
        stamp: Stamp of the camera image [ns].
        image: BGR camera image; None where it cannot be decoded.
        landmarks: (478, 3) [pixel]; None where the tracker has not answered or lost the face.
        face_state: None where the tracker has not answered.
        values: (30,) newest control values [ratio or rad]; None before the first.
        control_state: Origin of these values.
        robot_image: BGR image of the robot nearest in time; None without any.
        latency: From the camera's stamp to the joint command [s]; None where unknown.
    """

    stamp: int
    image: ImageArray | None
    landmarks: NDArray[np.float64] | None
    face_state: FaceState | None
    values: NDArray[np.float64] | None
    control_state: ControlState | None
    robot_image: ImageArray | None
    latency: float | None


class Composer:
    """Draw moments into frames of 720p: person and robot, and the control values below.

    Args:
        title: Title at the left of the header.
        subtitle: Text after the title.
        person: Height and width of a first camera image [pixel]; both decide on the layout.
        robot: Height and width of a first image of the robot [pixel].
    """

    def __init__(
        self, title: str, subtitle: str, person: tuple[int, ...], robot: tuple[int, ...]
    ) -> None:
        left = _width_of_person(person, robot)
        right = WIDTH - left - 3 * _GAP
        self._canvas = np.empty((HEIGHT, WIDTH, 3), dtype=np.uint8)
        fill(self._canvas, theme.BACKGROUND)
        put_text(self._canvas, title, 2 * _GAP, 34, 24, theme.TEXT)
        x = 2 * _GAP + text_width(title, 24) + 18
        put_text(self._canvas, subtitle, x, 34, 16, theme.FAINT)
        self._header = self._canvas[:_HEADER].copy()
        images = self._canvas[_HEADER : _HEADER + _IMAGES]
        self._person = images[:, _GAP : _GAP + left]
        self._robot = images[:, 2 * _GAP + left : 2 * _GAP + left + right]
        self._bars_panel = self._canvas[HEIGHT - _GAP - _BARS : HEIGHT - _GAP, _GAP : WIDTH - _GAP]
        self._bars = ControlBars(WIDTH - 2 * _GAP, _BARS)
        self._robot_shown: ImageArray | None = None
        show_message(self._robot, "no image of the robot yet")

    def frame(self, frame_set: FrameSet, seconds: float) -> ImageArray:
        """Return the frame (height, width, 3) of a moment, BGR; the next call overwrites it.

        Args:
            frame_set: Frame set to show.
            seconds: Time since the first frame [s].
        """
        self._draw_header(frame_set, seconds)
        if frame_set.image is None:
            show_message(self._person, "image cannot be decoded")
        else:
            place = fit_image(self._person, frame_set.image)
            if frame_set.landmarks is not None:
                draw_face(self._person, place.apply(frame_set.landmarks))
        if frame_set.robot_image is not None and frame_set.robot_image is not self._robot_shown:
            fit_image(self._robot, frame_set.robot_image)
            self._robot_shown = frame_set.robot_image
        self._bars.draw(self._bars_panel, frame_set.values)
        return self._canvas

    def _draw_header(self, frame_set: FrameSet, seconds: float) -> None:
        header = self._canvas[:_HEADER]
        header[:] = self._header
        x = WIDTH - 2 * _GAP
        minutes, rest = divmod(max(seconds, 0.0), 60.0)
        x = self._item(x, f"{int(minutes):02d}:{rest:05.2f}", theme.TEXT, 76)
        latency = "-" if frame_set.latency is None else f"{frame_set.latency * 1e3:.1f} ms"
        x = self._item(x, latency, theme.TEXT, 58)
        x = self._item(x, "camera to joint command", theme.FAINT, 0) - 14
        text, colour = _state(frame_set)
        put_text(header, text, x, 33, 16, theme.TEXT, "right")
        dot = (x - text_width(text, 16) - 16, 27)
        cv2.circle(header, dot, 6, bgr(colour), -1, cv2.LINE_AA)

    def _item(self, x: int, text: str, colour: str, width: int) -> int:
        """Write a text that ends at x and return where the one before it ends."""
        put_text(self._canvas, text, x, 33, 16, colour, "right")
        return x - max(width, text_width(text, 16)) - 12


def _width_of_person(person: tuple[int, ...], robot: tuple[int, ...]) -> int:
    """Return the width of the person's panel [pixel], by the shapes of both images."""
    own, other = (min(max(one[1] / max(one[0], 1), 0.75), 4 / 3) for one in (person, robot))
    return round((WIDTH - 3 * _GAP) * own / (own + other))


def _state(frame_set: FrameSet) -> tuple[str, str]:
    if frame_set.face_state is None:
        return "waiting for the tracker", theme.FAINT
    face = theme.FACE_COLOURS[frame_set.face_state]
    if frame_set.face_state is FaceState.TRACKING:
        return "tracking", face
    if frame_set.control_state is ControlState.HOLDING:
        return "face lost: holding", theme.CONTROL_COLOURS[ControlState.HOLDING]
    if frame_set.control_state is ControlState.NEUTRAL:
        return "face lost: neutral", theme.CONTROL_COLOURS[ControlState.NEUTRAL]
    return "face lost", face
