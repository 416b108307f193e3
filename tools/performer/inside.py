# SPDX-License-Identifier: Apache-2.0
"""What shows through the face's openings: eyeballs, teeth and tongue.

Colours are BGR [0..255], positions are on the canvas [px], unless said otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from performer.canvas import Image, polygon_mask
from performer.mesh import Floats
from x2c_core.face import topology as t

_SCLERA = np.array([178.0, 186.0, 199.0])
_SCLERA_EDGE = np.array([92.0, 100.0, 138.0])
_IRIS_INNER = np.array([46.0, 78.0, 124.0])
_IRIS_OUTER = np.array([26.0, 42.0, 72.0])
_RIM = np.array([14.0, 16.0, 24.0])
_PUPIL = np.array([10.0, 9.0, 12.0])
_GLINT = np.array([242.0, 246.0, 250.0])
_SEAM = np.array([48.0, 44.0, 92.0])
_LASHES = np.array([26.0, 34.0, 52.0])
_THROAT = np.array([22.0, 18.0, 48.0])
_TONGUE = np.array([72.0, 70.0, 142.0])


def _soft(distance: Floats, width: float) -> Floats:
    """Return the share covered by a shape whose border is at distance 0, positive outside."""
    return np.asarray(np.clip(0.5 - distance / width, 0.0, 1.0))


def _window(polygon: Floats, margin: int, size: tuple[int, ...]) -> tuple[slice, slice]:
    low = np.floor(polygon.min(axis=0)).astype(int) - margin
    high = np.ceil(polygon.max(axis=0)).astype(int) + margin + 1
    low, high = np.clip(low, 0, size[::-1]), np.clip(high, 0, size[::-1])
    return slice(low[1], high[1]), slice(low[0], high[0])


def draw_eye(image: Image, aperture: Floats, iris: Floats, radius: float, squeeze: Floats) -> None:
    """Draw an eyeball into an image (h, w, 3), where the lids are open.

    Args:
        image: The canvas, changed in place.
        aperture: (n, 2) the lids' edge, the upper lid first.
        iris: (2,) centre of the iris.
        radius: Radius of the iris [px].
        squeeze: (2,) how much the turned iris is foreshortened along x and y [1].
    """
    rows, columns = _window(aperture, 6, image.shape[:2])
    y, x = np.mgrid[rows, columns].astype(np.float64)
    if not x.size:
        return
    corner = np.array([columns.start, rows.start], dtype=np.float64)
    mask: Image = polygon_mask(aperture - corner, x.shape).astype(np.float32) / 255.0
    hole = cv2.dilate(mask, np.ones((7, 7), np.uint8))
    centre = aperture.mean(axis=0)
    half = np.ptp(aperture[:, 0]) / 2.0
    away = np.clip(np.abs(x - centre[0]) / max(half, 1.0), 0.0, 1.0)[:, :, None]
    ball = _SCLERA * (1.0 - away**3) + _SCLERA_EDGE * away**3
    distance = np.hypot((x - iris[0]) / squeeze[0], (y - iris[1]) / squeeze[1])
    share = np.clip(distance / radius, 0.0, 1.0)[:, :, None]
    light = 0.75 + 0.5 * np.clip((y - iris[1]) / radius, -1.0, 1.0)[:, :, None]
    colour = (_IRIS_INNER * (1.0 - share) + _IRIS_OUTER * share) * light
    colour = colour + (_RIM - colour) * np.clip((share - 0.72) / 0.28, 0.0, 1.0) ** 1.5
    pupil = _soft(distance - 0.40 * radius, 2.5)[:, :, None]
    colour = colour * (1.0 - pupil) + _PUPIL * pupil
    cover = _soft(distance - radius, 3.0)[:, :, None]
    ball = ball * (1.0 - cover) + colour * cover
    # The upper lid's shadow lies on the ball.
    shift = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 7.0]])
    lit: Image = cv2.warpAffine(mask, shift, x.shape[::-1], flags=cv2.INTER_LINEAR)
    lit = cv2.GaussianBlur(lit, (0, 0), 3.0)[:, :, None]
    ball *= 0.55 + 0.45 * lit
    glint_at = iris + radius * np.array([-0.22, -0.34])
    glint = _soft(np.hypot(x - glint_at[0], y - glint_at[1]) - 0.16 * radius, 2.5)[:, :, None]
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
    mask: Image = polygon_mask(lips, texture.shape[:2])
    mask = cv2.erode(mask, np.ones((3, 3), np.uint8)).astype(np.float32) / 255.0
    lab = cv2.cvtColor(np.clip(texture, 0, 255).astype(np.uint8), cv2.COLOR_BGR2LAB).astype(
        np.float32
    )
    bright = np.clip((lab[:, :, 0] - 95.0) / 60.0, 0.0, 1.0)
    opacity: Image = cv2.GaussianBlur(mask * bright, (0, 0), 1.2)
    y, x = np.nonzero(mask > 0.5)
    bounds = np.array([x.min() - 6, y.min() - 6, x.max() + 7, y.max() + 7])
    return Teeth(texture, opacity, np.array([x.mean(), y.mean()]), bounds)


def draw_mouth(image: Image, aperture: Floats, teeth: Teeth, upper: Image, lower: Image) -> None:
    """Draw the mouth's inside into an image (h, w, 3), where the lips are apart.

    Args:
        image: The canvas, changed in place.
        aperture: (n, 2) the lips' inner edge.
        teeth: The upper teeth.
        upper: (2, 3) where the photographed canvas' upper teeth lie now.
        lower: (2, 3) where the same teeth upside down lie as lower teeth.
    """
    rows, columns = _window(aperture, 8, image.shape[:2])
    y, x = np.mgrid[rows, columns].astype(np.float64)
    if not x.size:
        return
    corner = np.array([columns.start, rows.start], dtype=np.float64)
    mask: Image = polygon_mask(aperture - corner, x.shape).astype(np.float32) / 255.0
    hole = cv2.dilate(mask, np.ones((7, 7), np.uint8))[:, :, None]
    centre = aperture.mean(axis=0)
    size = np.maximum(np.ptp(aperture, axis=0) / 2.0, 1.0)
    cavity = np.broadcast_to(_THROAT, (*x.shape, 3)).copy()
    # The tongue lies low in the mouth.
    tongue = np.hypot(
        (x - centre[0]) / (0.62 * size[0]), (y - centre[1] - 0.95 * size[1]) / (0.72 * size[1])
    )
    shape = np.clip((1.0 - tongue) * 3.0, 0.0, 1.0)[:, :, None]
    glow = 0.55 + 0.45 * np.clip((y - centre[1]) / size[1], 0.0, 1.0)[:, :, None]
    cavity = cavity * (1.0 - shape) + _TONGUE * glow * shape
    for matrix, shade in ((lower, 0.62), (upper, 0.97)):
        moved = matrix.copy()
        moved[:, 2] -= corner
        opacity = cv2.warpAffine(teeth.opacity, moved, mask.shape[::-1], flags=cv2.INTER_LINEAR)
        colour = cv2.warpAffine(teeth.texture, moved, mask.shape[::-1], flags=cv2.INTER_LINEAR)
        cavity = cavity * (1.0 - opacity[:, :, None]) + colour * shade * opacity[:, :, None]
    # Light falls in from the front: the edges are dark, and a narrow gap is but a line.
    inner = np.clip(cv2.GaussianBlur(mask, (0, 0), 4.0)[:, :, None] * 1.6 - 0.2, 0.0, 1.0)
    cavity = _SEAM * (1.0 - inner) + cavity * inner
    image[rows, columns] = image[rows, columns] * (1.0 - hole) + cavity * hole


def draw_seam(image: Image, upper: Floats, lower: Floats, *, lashes: bool) -> None:
    """Draw the line along which lips or lids touch into an image (h, w, 3).

    Args:
        image: The canvas, changed in place.
        upper: (n, 2) edge of the upper lip or lid.
        lower: (n, 2) edge of the lower one, point by point opposite.
        lashes: Whether these are lids.
    """
    gap = float(np.linalg.norm(upper - lower, axis=1).max())
    strength = float(np.clip(1.0 - (gap - 6.0) / 6.0, 0.0, 1.0)) * (0.85 if lashes else 0.6)
    if strength <= 0.0:
        return
    line = (upper + lower) / 2.0
    rows, columns = _window(line, 8, image.shape[:2])
    corner = np.array([columns.start, rows.start], dtype=np.float64)
    steps = np.linspace(0.0, len(line) - 1.0, 8 * len(line))
    smooth = cv2.GaussianBlur(
        np.column_stack(
            [np.interp(steps, np.arange(len(line)), axis) for axis in (line - corner).T]
        ),
        *((1, 0), 0.0),
        sigmaY=6.0,
        borderType=cv2.BORDER_REFLECT_101,
    )
    mask: Image = np.zeros((rows.stop - rows.start, columns.stop - columns.start), dtype=np.uint8)
    fixed: list[Image] = [np.round(smooth * 16.0).astype(np.int32)]
    cv2.polylines(mask, fixed, False, (255.0,), 5 if lashes else 2, cv2.LINE_AA, 4)
    cover: Image = cv2.GaussianBlur(mask.astype(np.float32) / 255.0, (0, 0), 1.2)[:, :, None]
    # It fades out towards the corners.
    x = np.arange(columns.start, columns.stop)
    low, high = line[:, 0].min(), line[:, 0].max()
    along = np.clip(np.minimum(x - low, high - x) / (0.25 * (high - low)), 0.0, 1.0)
    cover *= strength * (along if not lashes else np.sqrt(along))[None, :, None]
    colour = _LASHES if lashes else _SEAM
    image[rows, columns] = image[rows, columns] * (1.0 - cover) + colour * cover


EYELIDS = {
    "left": (t.EYE_LEFT_UPPER, t.EYE_LEFT_LOWER),
    "right": (t.EYE_RIGHT_UPPER, t.EYE_RIGHT_LOWER),
}
LIPS = (t.LIP_UPPER_INNER, t.LIP_LOWER_INNER)


def opening(points: Floats, edges: tuple[NDArray[np.intp], NDArray[np.intp]]) -> Floats:
    """Return the polygon (n, 2) between an upper and a lower edge, the upper edge first."""
    upper, lower = edges
    return np.concatenate([points[upper], points[lower[-2:0:-1]]])
