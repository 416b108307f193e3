# SPDX-License-Identifier: Apache-2.0
"""The public-domain portrait, cut into a head and what is behind it.

Pixel positions here are the photograph's own, x to the right and y down, unless said otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from performer.canvas import (
    Floats,
    Image,
    enlarged,
    filled,
    polygon_mask,
    ramp,
    sharpened,
    to_canvas,
)
from x2c_core.face import topology
from x2c_perception.tracking.face_mesh_tracker import FaceMeshTracker

LID_FOLD = {"left": (414, 286, 258, 257, 259, 260, 467), "right": (190, 56, 28, 27, 29, 30, 247)}
"""Landmarks above the edge of the upper lid, from the inner to the outer corner."""
LID_UNDER = {"left": (341, 256, 252, 253, 254, 339, 255), "right": (112, 26, 22, 23, 24, 110, 25)}
"""Landmarks below the edge of the lower lid, from the inner to the outer corner."""

# The parts that no landmark tells, traced once in the photograph [px].
_NECK = (
    (187, 112),
    (186, 150),
    (187, 181),
    (196, 186),
    (218, 191),
    (240, 191),
    (254, 185),
    (257, 178),
    (257, 112),
)
_EAR_LINE = ((150.0, 134.0), (300.0, 140.0))
_COLLAR_LINE = 146.0
_LAST_ROW = 232


@dataclass(frozen=True)
class Portrait:
    """The layers that the performer is drawn from, on the enlarged canvas.

    Attributes:
        landmarks: (478, 3) landmarks in the photograph [px], z away from the viewer.
        texture: (h, w, 3) the photograph, BGR [0..255].
        skin: (h, w, 3) the same with eyes and teeth painted over by lids and lips.
        shut: (h, w, 3) the same with smooth skin on the lids.
        head: (h, w) opacity of head, hair and ears [0..1].
        plate: (h, w, 3) the image without the head, BGR [0..255].
        neck: (h, w) how far the image below follows the head [0..1].
    """

    landmarks: Floats
    texture: Image
    skin: Image
    shut: Image
    head: Image
    plate: Image
    neck: Image


def load() -> Portrait:
    """Return the portrait's layers.

    Raises:
        ImportError: scikit-image is not installed.
        RuntimeError: The face tracker finds no face in the portrait.
    """
    from skimage import data

    image: Image = data.astronaut()  # type: ignore[no-untyped-call]
    photo = np.ascontiguousarray(image[:, :, ::-1])
    landmarks = find_landmarks(photo)
    # What lies far below the video's lower edge would only cost time.
    photo = photo[:_LAST_ROW]
    head, backdrop = _cut(photo, landmarks)
    texture = sharpened(enlarged(_decontaminate(photo, head, backdrop)))
    plate, neck = _plate(photo, head, backdrop, landmarks)
    skin = _without_openings(texture, landmarks)
    return Portrait(
        landmarks=landmarks,
        texture=texture,
        skin=skin,
        shut=_shut(skin, landmarks),
        head=np.asarray(ramp(0.15, 0.85, cv2.GaussianBlur(enlarged(head), (0, 0), 2.5))),
        plate=sharpened(enlarged(plate)),
        neck=np.clip(enlarged(neck), 0.0, 1.0),
    )


def find_landmarks(photo: NDArray[np.uint8]) -> Floats:
    """Return the landmarks (478, 3) [px] of the face in an image (h, w, 3), BGR.

    Raises:
        RuntimeError: No face was found.
    """
    # Faces are found better when they fill the image, so the upper middle is enlarged.
    left, right, bottom, zoom = 20, 430, 400, 2
    part = cv2.resize(
        photo[:bottom, left:right], None, fx=zoom, fy=zoom, interpolation=cv2.INTER_CUBIC
    )
    found = FaceMeshTracker().track(cv2.cvtColor(part, cv2.COLOR_BGR2RGB).astype(np.uint8))
    if not found:
        raise RuntimeError(
            "no face found in the portrait; is scikit-image's astronaut image intact?"
        )
    return np.asarray(found[0].landmarks / zoom + np.array([left - 0.5, -0.5, 0.0]))


def _cut(photo: NDArray[np.uint8], landmarks: Floats) -> tuple[Image, Image]:
    """Return the head's opacity (h, w) and the backdrop (h, w, 3) continued behind it."""
    size = photo.shape[:2]
    trimap = np.full(size, cv2.GC_BGD, dtype=np.uint8)
    trimap[8:200, 140:312] = cv2.GC_PR_BGD
    trimap[22:150, 160:296] = cv2.GC_PR_FGD
    oval = landmarks[topology.OVAL, :2]
    trimap[polygon_mask(oval, size) > 0] = cv2.GC_FGD
    trimap[26:60, 195:260] = cv2.GC_FGD
    trimap[60:100, 168:290] = cv2.GC_FGD
    trimap[148:] = cv2.GC_BGD
    models: tuple[Image, Image] = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(0)
    cv2.grabCut(photo, trimap, (0, 0, 0, 0), *models, 8, cv2.GC_INIT_WITH_MASK)
    person = ((trimap == cv2.GC_FGD) | (trimap == cv2.GC_PR_FGD)).astype(np.uint8)
    person = cv2.morphologyEx(person, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(person)
    person = (labels == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))).astype(np.uint8)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (11, 11))
    sure, maybe = cv2.erode(person, disc), cv2.dilate(person, disc)
    known = maybe == 0
    rows = np.arange(size[0])[:, None]
    columns = np.arange(size[1])[None, :]
    known &= rows < _COLLAR_LINE
    backdrop = filled(photo.astype(np.float32), known)
    lab = cv2.cvtColor(photo, cv2.COLOR_BGR2LAB).astype(np.float32)
    behind = cv2.cvtColor(np.clip(backdrop, 0, 255).astype(np.uint8), cv2.COLOR_BGR2LAB).astype(
        np.float32
    )
    distance = np.sqrt((((lab - behind) * [0.5, 1.0, 1.0]) ** 2).sum(axis=2))
    edge = ramp(5.0, 22.0, cv2.GaussianBlur(distance, (0, 0), 0.6))
    alpha = np.where(sure > 0, 1.0, np.where(maybe > 0, edge, 0.0)).astype(np.float32)
    # Below the ears the head ends at the jaw.
    (x0, y0), (x1, y1) = _EAR_LINE
    below = ramp(-3.0, 3.0, rows - (y0 + (y1 - y0) * (columns - x0) / (x1 - x0)))
    centre = oval.mean(axis=0)
    direction = oval - centre
    length = np.linalg.norm(direction, axis=1, keepdims=True)
    grown = polygon_mask(centre + direction * (1.0 + 0.8 / length), size)
    core = polygon_mask(centre + direction * (1.0 - 3.5 / length), size) > 0
    face: Image = cv2.GaussianBlur(grown.astype(np.float32) / 255.0, (0, 0), 0.7)
    face *= np.where(core | (rows > _COLLAR_LINE + 2.0), 1.0, edge)
    alpha = np.asarray(np.maximum(face, alpha * (1.0 - below)), dtype=np.float32)
    return alpha, backdrop


def _without_openings(texture: Image, landmarks: Floats) -> Image:
    """Return the canvas (h, w, 3) with the colours of lids and lips carried on inward."""
    points = to_canvas(landmarks[:, :2])
    known = np.ones(texture.shape[:2], dtype=np.bool_)
    for upper, lower in (
        (topology.EYE_LEFT_UPPER, topology.EYE_LEFT_LOWER),
        (topology.EYE_RIGHT_UPPER, topology.EYE_RIGHT_LOWER),
        (topology.LIP_UPPER_INNER, topology.LIP_LOWER_INNER),
    ):
        edge = np.concatenate([points[upper], points[lower[-2:0:-1]]])
        opening = polygon_mask(edge, known.shape)
        known &= cv2.dilate(opening, np.ones((3, 3), np.uint8)) < 128
    # The dark corners of a smile would look like paint on a mouth at rest.
    corners: Image = np.zeros(known.shape, dtype=np.uint8)
    for corner, inner in ((78, 80), (308, 310)):
        middle = np.round(0.75 * points[corner] + 0.25 * points[inner]).astype(int)
        cv2.circle(corners, (int(middle[0]), int(middle[1])), 11, (1.0,), -1)
    return filled(texture, known & (corners == 0))


def _shut(skin: Image, landmarks: Floats) -> Image:
    """Return the canvas (h, w, 3) with smooth skin on the lids, as they are when they are shut."""
    points = to_canvas(landmarks[:, :2])
    hidden = np.zeros(skin.shape[:2], dtype=np.bool_)
    for side in ("left", "right"):
        fold, under = points[list(LID_FOLD[side])], points[list(LID_UNDER[side])]
        middle = (fold + under).mean(axis=0) / 2.0
        edge = np.concatenate([middle + 1.25 * (fold - middle), (0.5 * (middle + under))[::-1]])
        hidden |= polygon_mask(edge, hidden.shape) > 127
    return filled(skin, ~hidden)


def _decontaminate(photo: NDArray[np.uint8], head: Image, backdrop: Image) -> Image:
    """Return the image with the backdrop's share taken out of half-covered pixels."""
    alpha = head[:, :, None]
    own = (photo - (1.0 - alpha) * backdrop) / np.maximum(alpha, 0.5)
    solid = filled(photo.astype(np.float32), head > 0.97)
    share = ramp(0.5, 1.0, alpha)
    return np.asarray(np.clip(share * own + (1.0 - share) * solid, 0.0, 255.0), np.float32)


def _plate(
    photo: NDArray[np.uint8], head: Image, backdrop: Image, landmarks: Floats
) -> tuple[Image, Image]:
    """Return the image without the head (h, w, 3), and how far it follows the head (h, w)."""
    size = photo.shape[:2]
    source = photo.astype(np.float32)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (9, 9))
    covered = (head > 0.02).astype(np.uint8)
    hidden = cv2.dilate(covered, disc) > 0
    rows = np.arange(size[0])[:, None]
    neck_hard = polygon_mask(np.array(_NECK, dtype=np.float64), size) > 127
    neck_wide = cv2.dilate(neck_hard.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    others = filled(source, ~hidden & ~(neck_wide & (rows < 186)))
    plate = np.where(hidden[:, :, None], others, source)
    neck_inner = cv2.erode(neck_hard.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    visible = neck_inner & ~hidden & (rows < 186)
    tone = np.median(source[visible], axis=0)
    sides = np.abs(np.arange(size[1])[None, :] - 221.0) / 35.0
    # The chin's shadow lies on the neck, which is round.
    chin = float(landmarks[152, 1])
    shade = (0.74 + 0.26 * ramp(chin - 16.0, chin + 8.0, rows)) * (1.06 - 0.26 * sides**2)
    skin = np.asarray(tone * shade[:, :, None], dtype=np.float32)
    fade = cv2.GaussianBlur((hidden | (rows < 140)).astype(np.float32), (0, 0), 1.5)[:, :, None]
    neck = source * (1.0 - fade) + skin * fade
    inside = cv2.GaussianBlur(neck_hard.astype(np.float32), (0, 0), 0.8)[:, :, None]
    plate = np.where(
        (hidden | neck_wide)[:, :, None], plate * (1.0 - inside) + neck * inside, plate
    )
    grain = np.random.default_rng(0).normal(0.0, 2.0, (*size, 1))
    plate = plate + np.where(hidden[:, :, None], grain, 0.0)
    follow = cv2.GaussianBlur(neck_hard.astype(np.float32), (0, 0), 9.0)
    follow = follow * (1.0 - ramp(138.0, 190.0, rows))
    return np.clip(plate, 0.0, 255.0).astype(np.float32), follow.astype(np.float32)
