# SPDX-License-Identifier: Apache-2.0
"""Draw the performer with any expression and head pose."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from performer import canvas, inside, portrait
from performer import head as head_model
from performer.expression import Expressions
from performer.mesh import Floats, rasterise, subdivide
from x2c_core.face import topology

# Where the head turns on the neck, in the head frame [interocular distances].
_PIVOT = np.array([-0.95, 0.0, -1.05])
_NECK_TOP = np.array([-0.45, 0.0, -1.55])
_EYE_RADIUS = 0.195
_IRIS_RADIUS = 0.088
_SMOOTH_WHEN_SHUT = 0.85
_IRISES = {"left": 473, "right": 468}


def rotation(yaw: float, pitch: float, roll: float) -> Floats:
    """Return the rotation (3, 3) of a head pose [rad], with the signs of the control space."""
    cy, sy = np.cos(yaw), np.sin(yaw)
    cp, sp = np.cos(pitch), np.sin(pitch)
    cr, sr = np.cos(roll), np.sin(roll)
    about_z = np.array([[cy, -sy, 0.0], [sy, cy, 0.0], [0.0, 0.0, 1.0]])
    about_y = np.array([[cp, 0.0, sp], [0.0, 1.0, 0.0], [-sp, 0.0, cp]])
    about_x = np.array([[1.0, 0.0, 0.0], [0.0, cr, -sr], [0.0, sr, cr]])
    return np.asarray(about_z @ about_y @ about_x)


def _sampled(image: canvas.Image, at: canvas.Image, how: int) -> canvas.Image:
    """Return an image's values at positions (h, w, 2) [px]."""
    x, y = np.ascontiguousarray(at[:, :, 0]), np.ascontiguousarray(at[:, :, 1])
    return np.asarray(cv2.remap(image, x, y, how))


class Renderer:
    """Draw single frames of the performer."""

    def __init__(self) -> None:
        """Prepare the portrait's layers and the head's mesh; takes a few seconds.

        Raises:
            ImportError: scikit-image is not installed.
        """
        self._portrait = portrait.load()
        self._head = head_model.build(self._portrait.landmarks, self._portrait.head)
        self._expressions = Expressions(self._head)
        first, triangles = subdivide(self._head.triangles, len(self._head.photo))
        second, self._triangles = subdivide(triangles, first.shape[0])
        self._matrix = second @ first
        self._texture_at = canvas.to_canvas(self._matrix @ self._head.photo)
        pose = self._head.pose
        # A pitch of 0 is the photographed one; how far that nose points down is a matter of taste.
        self._rest = rotation(0.0, float(np.arcsin(-pose.rotation[2, 0])), 0.0)
        lips = inside.opening(self._portrait.landmarks[:, :2], inside.LIPS)
        self._teeth = inside.find_teeth(self._portrait.texture, canvas.to_canvas(lips))
        height, width = canvas.canvas_size()
        x, y = np.meshgrid(np.arange(width), np.arange(height))
        self._grid = np.stack([x, y], axis=2).astype(np.float32)

    def __call__(self, channels: Mapping[str, float]) -> NDArray[np.uint8]:
        """Return the frame (480, 640, 3), BGR, for channel values [1 or rad]."""
        turn = rotation(channels["head_yaw"], channels["head_pitch"], channels["head_roll"])
        shape = self._expressions(channels)
        image = self._plate(turn)
        coarse = self._project(shape, turn)[:, :2]
        for side, iris in _IRISES.items():
            self._draw_eye(
                image, inside.opening(coarse, inside.EYELIDS[side]), iris, channels, turn
            )
        self._draw_mouth(image, inside.opening(coarse, inside.LIPS), channels, turn)
        self._draw_skin(image, shape, channels, turn)
        for upper, lower in inside.EYELIDS.values():
            inside.draw_seam(image, coarse[upper], coarse[lower], lashes=True)
        inside.draw_seam(image, *(coarse[edge] for edge in inside.LIPS), lashes=False)
        size = (canvas.WIDTH, canvas.HEIGHT)
        small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        return np.clip(small + 0.5, 0.0, 255.0).astype(np.uint8)

    def _project(self, points: Floats, turn: Floats) -> Floats:
        """Return canvas x, y [px] and nearness (n, 3) of head frame positions (n, 3)."""
        pose = self._head.pose
        turned = (points - _PIVOT) @ (turn @ self._rest).T + self._rest @ _PIVOT
        viewer = pose.offset + pose.scale * turned
        at = canvas.to_canvas(np.stack([viewer[:, 1], -viewer[:, 2]], axis=1))
        return np.column_stack([at, viewer[:, 0]])

    def _plate(self, turn: Floats) -> canvas.Image:
        """Return what is behind the head, its neck moved along with the head."""
        both = [self._project(_NECK_TOP[None], r)[0, :2] for r in (turn, np.eye(3))]
        move = 0.6 * (both[0] - both[1])
        at = self._grid - self._portrait.neck[:, :, None] * move.astype(np.float32)
        return _sampled(self._portrait.plate, at, cv2.INTER_LINEAR)

    def _draw_eye(
        self,
        image: canvas.Image,
        aperture: Floats,
        iris: int,
        channels: Mapping[str, float],
        turn: Floats,
    ) -> None:
        forward = self._rest.T[:, 0]
        centre = topology.REFERENCE[iris] - _EYE_RADIUS * forward
        gaze = rotation(channels["gaze_yaw"], -channels["gaze_pitch"], 0.0)[:, 0]
        at = self._project((centre + _EYE_RADIUS * (self._rest.T @ gaze))[None], turn)[0, :2]
        seen = turn @ gaze
        squeeze = np.sqrt(1.0 - np.square(seen[1:])).clip(0.5, 1.0)
        radius = _IRIS_RADIUS * self._head.pose.scale * canvas.SCALE * canvas.SUPERSAMPLING
        inside.draw_eye(image, aperture, at, radius, squeeze)

    def _draw_mouth(
        self, image: canvas.Image, aperture: Floats, channels: Mapping[str, float], turn: Floats
    ) -> None:
        pose = self._head.pose
        depth = float(self._portrait.landmarks[[13, 14], 2].mean()) + 6.0
        left, top, right, bottom = self._teeth.bounds
        corners = np.array([[left, top], [right, top], [left, bottom]], dtype=np.float64)
        factor = canvas.SCALE * canvas.SUPERSAMPLING
        photo = (corners + 0.5) / factor - 0.5 + np.array(canvas.ORIGIN)
        upper_at = pose.to_head(np.column_stack([photo, np.full(3, depth)]))
        # Lower teeth: the upper ones upside down, a little smaller, hanging on the jaw.
        middle = upper_at.mean(axis=0)
        size = upper_at[0, 2] - upper_at[2, 2]
        lower_at = upper_at.copy()
        lower_at[:, 1] = middle[1] + 0.86 * (upper_at[:, 1] - middle[1])
        lower_at[:, 2] = 2.0 * upper_at[0, 2] - upper_at[:, 2] - 1.75 * size
        lower_at += 0.9 * self._expressions.jaw_motion(channels)
        matrices: list[canvas.Image] = [
            cv2.getAffineTransform(
                corners.astype(np.float32), self._project(at, turn)[:, :2].astype(np.float32)
            )
            for at in (upper_at, lower_at)
        ]
        inside.draw_mouth(image, aperture, self._teeth, *matrices)

    def _skin(self, channels: Mapping[str, float]) -> canvas.Image:
        """Return the skin's texture: lids that close show skin that was in their fold."""
        middle = round(float(canvas.to_canvas(self._portrait.landmarks[168, :2])[0]))
        texture: canvas.Image = self._portrait.skin
        halves = {"left": slice(middle, None), "right": slice(0, middle)}
        for side, half in halves.items():
            closed = channels[f"eye_closed_{side}"]
            if closed > 0.0:
                if texture is self._portrait.skin:
                    texture = texture.copy()
                change = self._portrait.shut[:, half] - texture[:, half]
                texture[:, half] += _SMOOTH_WHEN_SHUT * closed**2 * change
        return texture

    def _draw_skin(
        self, image: canvas.Image, shape: Floats, channels: Mapping[str, float], turn: Floats
    ) -> None:
        at = self._project(self._matrix @ shape, turn)
        low = np.clip(np.floor(at[:, :2].min(axis=0)).astype(int), 0, None)
        high = np.clip(np.ceil(at[:, :2].max(axis=0)).astype(int) + 1, 0, image.shape[1::-1])
        size = (high[1] - low[1], high[0] - low[0])
        where, drawn = rasterise(
            self._triangles, at[:, :2] - low, at[:, 2], self._texture_at, size
        )
        colour = _sampled(self._skin(channels), where, cv2.INTER_CUBIC)
        alpha = _sampled(self._portrait.head, where, cv2.INTER_LINEAR) * drawn
        part = image[low[1] : high[1], low[0] : high[0]]
        part += (np.clip(colour, 0.0, 255.0) - part) * alpha[:, :, None]
