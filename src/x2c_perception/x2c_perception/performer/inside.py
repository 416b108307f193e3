# SPDX-License-Identifier: Apache-2.0
"""What shows through the face's openings: eyeballs, teeth and tongue.

Colours are BGR [0..255], positions are on the canvas [px], unless said otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from x2c_face import topology as t
from x2c_perception.performer.mesh import Floats
from x2c_perception.performer.portrait import Image, polygon_mask

_SCLERA = np.array([178.0, 186.0, 199.0])
_SCLERA_EDGE = np.array([92.0, 100.0, 138.0])
_IRIS_INNER = np.array([40.0, 66.0, 104.0])
_IRIS_OUTER = np.array([20.0, 32.0, 54.0])
_RIM = np.array([14.0, 16.0, 24.0])
_PUPIL = np.array([10.0, 9.0, 12.0])
_GLINT = np.array([242.0, 246.0, 250.0])
_THROAT = np.array([22.0, 18.0, 48.0])
_TONGUE = np.array([72.0, 70.0, 142.0])


def _soft(distance: Floats, width: float) -> Floats:
    """Return the share covered by a shape whose border is at distance 0, positive outside."""
    return np.asarray(np.clip(0.5 - distance / width, 0.0, 1.0))


def _window(polygon: Floats, margin: int, size: tuple[int, int]) -> tuple[slice, slice]:
    low = np.floor(polygon.min(axis=0)).astype(int) - margin
    high = np.ceil(polygon.max(axis=0)).astype(int) + margin + 1
    low, high = np.clip(low, 0, size[::-1]), np.clip(high, 0, size[::-1])
    return slice(low[1], high[1]), slice(low[0], high[0])


def draw_eye(image: Image, opening: Floats, iris: Floats, radius: float, squeeze: Floats) -> None:
    """Draw an eyeball into an image (h, w, 3), where the lids are open.

    Args:
        image: The canvas, changed in place.
        opening: (n, 2) the lids' edge, the upper lid first.
        iris: (2,) centre of the iris.
        radius: Radius of the iris [px].
        squeeze: (2,) how much the turned iris is foreshortened along x and y [1].
    """
    rows, columns = _window(opening, 6, image.shape[:2])
    y, x = np.mgrid[rows, columns].astype(np.float64)
    if not x.size:
        return
    corner = np.array([columns.start, rows.start], dtype=np.float64)
    mask = polygon_mask(opening - corner, x.shape).astype(np.float32) / 255.0
    hole = cv2.dilate(mask, np.ones((7, 7), np.uint8))
    centre = opening.mean(axis=0)
    half = np.ptp(opening[:, 0]) / 2.0
    away = np.clip(np.abs(x - centre[0]) / max(half, 1.0), 0.0, 1.0)[:, :, None]
    ball = _SCLERA * (1.0 - away**3) + _SCLERA_EDGE * away**3
    distance = np.hypot((x - iris[0]) / squeeze[0], (y - iris[1]) / squeeze[1])
    share = np.clip(distance / radius, 0.0, 1.0)[:, :, None]
    light = 0.75 + 0.5 * np.clip((y - iris[1]) / radius, -1.0, 1.0)[:, :, None]
    colour = (_IRIS_INNER * (1.0 - share) + _IRIS_OUTER * share) * light
    colour = colour + (_RIM - colour) * np.clip((share - 0.72) / 0.28, 0.0, 1.0) ** 1.5
    pupil = _soft(distance - 0.45 * radius, 2.5)[:, :, None]
    colour = colour * (1.0 - pupil) + _PUPIL * pupil
    cover = _soft(distance - radius, 3.0)[:, :, None]
    ball = ball * (1.0 - cover) + colour * cover
    # The upper lid's shadow lies on the ball.
    shift = np.float32([[1, 0, 0], [0, 1, 7]])
    lit = cv2.warpAffine(mask, shift, mask.shape[::-1], flags=cv2.INTER_LINEAR)
    lit = cv2.GaussianBlur(lit, (0, 0), 3.0)[:, :, None]
    ball *= 0.55 + 0.45 * lit
    glint_at = iris + radius * np.array([-0.22, -0.34])
    glint = _soft(np.hypot(x - glint_at[0], y - glint_at[1]) - 0.2 * radius, 2.5)[:, :, None]
    ball = ball * (1.0 - glint) + _GLINT * glint
    under = image[rows, columns]
    image[rows, columns] = under * (1.0 - hole[:, :, None]) + ball * hole[:, :, None]


@dataclass(frozen=True)
class Teeth:
    """The photographed upper teeth.

    Attributes:
        texture: (h, w, 3) the photograph on the canvas.
        opacity: (h, w) where there are teeth [0..1].
        centre: (2,) middle of the teeth on the photographed canvas.
        bounds: (4,) left, top, right, bottom of the teeth on the photographed canvas.
    """

    texture: Image
    opacity: Image
    centre: Floats
    bounds: NDArray[np.intp]


def find_teeth(texture: Image, lips: Floats) -> Teeth:
    """Return the teeth between the lips (n, 2) of the photograph on the canvas."""
    mask = polygon_mask(lips, texture.shape[:2])
    mask = cv2.erode(mask, np.ones((3, 3), np.uint8)).astype(np.float32) / 255.0
    lab = cv2.cvtColor(np.clip(texture, 0, 255).astype(np.uint8), cv2.COLOR_BGR2LAB).astype(np.float32)
    bright = np.clip((lab[:, :, 0] - 95.0) / 60.0, 0.0, 1.0)
    opacity = cv2.GaussianBlur(mask * bright, (0, 0), 1.2)
    y, x = np.nonzero(mask > 0.5)
    bounds = np.array([x.min() - 6, y.min() - 6, x.max() + 7, y.max() + 7])
    return Teeth(texture, opacity, np.array([x.mean(), y.mean()]), bounds)


def draw_mouth(image: Image, opening: Floats, teeth: Teeth, upper: Floats, lower: Floats) -> None:
    """Draw the mouth's inside into an image (h, w, 3), where the lips are apart.

    Args:
        image: The canvas, changed in place.
        opening: (n, 2) the lips' inner edge.
        teeth: The upper teeth.
        upper: (2, 3) where the photographed canvas' upper teeth lie now.
        lower: (2, 3) where the same teeth upside down lie as lower teeth.
    """
    rows, columns = _window(opening, 8, image.shape[:2])
    y, x = np.mgrid[rows, columns].astype(np.float64)
    if not x.size:
        return
    corner = np.array([columns.start, rows.start], dtype=np.float64)
    mask = polygon_mask(opening - corner, x.shape).astype(np.float32) / 255.0
    hole = cv2.dilate(mask, np.ones((7, 7), np.uint8))[:, :, None]
    centre = opening.mean(axis=0)
    size = np.maximum(np.ptp(opening, axis=0) / 2.0, 1.0)
    cavity = np.broadcast_to(_THROAT, (*x.shape, 3)).copy()
    # The tongue lies low in the mouth.
    tongue = np.hypot((x - centre[0]) / (0.62 * size[0]), (y - centre[1] - 0.95 * size[1]) / (0.72 * size[1]))
    shape = np.clip((1.0 - tongue) * 3.0, 0.0, 1.0)[:, :, None]
    glow = 0.55 + 0.45 * np.clip((y - centre[1]) / size[1], 0.0, 1.0)[:, :, None]
    cavity = cavity * (1.0 - shape) + _TONGUE * glow * shape
    for matrix, shade in ((lower, 0.62), (upper, 0.97)):
        moved = matrix.copy()
        moved[:, 2] -= corner
        opacity = cv2.warpAffine(teeth.opacity, moved, mask.shape[::-1], flags=cv2.INTER_LINEAR)
        colour = cv2.warpAffine(teeth.texture, moved, mask.shape[::-1], flags=cv2.INTER_LINEAR)
        cavity = cavity * (1.0 - opacity[:, :, None]) + colour * shade * opacity[:, :, None]
    # Light falls in from the front: the edges and corners are dark.
    inner = cv2.GaussianBlur(mask, (0, 0), 4.0)[:, :, None]
    cavity *= 0.45 + 0.55 * np.clip(inner * 1.4 - 0.2, 0.0, 1.0)
    image[rows, columns] = image[rows, columns] * (1.0 - hole) + cavity * hole


def eye_opening(points: Floats, side: str) -> Floats:
    """Return the lids' edge (n, 2) of one eye as a polygon, the upper lid first."""
    upper, lower = {
        "left": (t.EYE_LEFT_UPPER, t.EYE_LEFT_LOWER),
        "right": (t.EYE_RIGHT_UPPER, t.EYE_RIGHT_LOWER),
    }[side]
    return np.concatenate([points[upper], points[lower[-2:0:-1]]])


def mouth_opening(points: Floats) -> Floats:
    """Return the lips' inner edge (n, 2) as a polygon, the upper lip first."""
    return np.concatenate([points[t.LIP_UPPER_INNER], points[t.LIP_LOWER_INNER[-2:0:-1]]])
