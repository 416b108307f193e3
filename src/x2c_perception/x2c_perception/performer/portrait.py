# SPDX-License-Identifier: Apache-2.0
"""The public-domain portrait, cut into a head and what is behind it.

Pixel positions here are the photograph's own, x to the right and y down, unless said otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import linalg

from x2c_face import topology
from x2c_perception.performer.script import VIDEO_SIZE

Floats = NDArray[np.float64]
Image = NDArray[np.float32]

WIDTH, HEIGHT = VIDEO_SIZE
SUPERSAMPLING = 2
ORIGIN = (79.0, -6.0)
"""Position of the video's upper left corner in the photograph [px]."""
SCALE = HEIGHT / 218.0
"""Size of a photograph's pixel in the video [px]."""

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


@dataclass(frozen=True)
class Portrait:
    """The layers that the performer is drawn from, on the enlarged canvas.

    Attributes:
        landmarks: (478, 3) landmarks in the photograph [px], z away from the viewer.
        texture: (h, w, 3) the photograph, BGR [0..255].
        skin: (h, w, 3) the same with eyes and teeth painted over by lids and lips.
        head: (h, w) opacity of head, hair and ears [0..1].
        plate: (h, w, 3) the picture without the head, BGR [0..255].
        neck: (h, w) how far the picture below follows the head [0..1].
    """

    landmarks: Floats
    texture: Image
    skin: Image
    head: Image
    plate: Image
    neck: Image


def to_canvas(points: Floats) -> Floats:
    """Return canvas positions (..., 2) [px] of photograph positions (..., 2) [px]."""
    factor = SCALE * SUPERSAMPLING
    return np.asarray((points - np.array(ORIGIN) + 0.5) * factor - 0.5)


def canvas_size() -> tuple[int, int]:
    """Return height and width of the canvas [px]."""
    return HEIGHT * SUPERSAMPLING, WIDTH * SUPERSAMPLING


def load() -> Portrait:
    """Return the portrait's layers.

    Raises:
        ImportError: scikit-image or mediapipe is not installed.
        RuntimeError: The face tracker finds no face in the portrait.
    """
    from skimage import data

    photo = np.ascontiguousarray(data.astronaut()[:, :, ::-1])
    landmarks = find_landmarks(photo)
    head, backdrop = _cut(photo, landmarks)
    texture = _sharpened(_enlarged(_decontaminate(photo, head, backdrop)))
    plate, neck = _plate(photo, head, backdrop, landmarks)
    return Portrait(
        landmarks=landmarks,
        texture=texture,
        skin=_without_openings(texture, landmarks),
        head=np.asarray(_smoothstep(0.15, 0.85, cv2.GaussianBlur(_enlarged(head), (0, 0), 2.5))),
        plate=_sharpened(_enlarged(plate)),
        neck=np.clip(_enlarged(neck), 0.0, 1.0),
    )


def find_landmarks(photo: NDArray[np.uint8]) -> Floats:
    """Return the landmarks (478, 3) [px] of the face in a picture (h, w, 3), BGR.

    Raises:
        RuntimeError: No face was found.
    """
    from mediapipe.python.solutions import face_mesh

    # Small faces are found better when they fill the picture, so the upper middle is enlarged first.
    left, right, bottom, zoom = 20, 430, 400, 2
    part = cv2.resize(
        photo[:bottom, left:right], None, fx=zoom, fy=zoom, interpolation=cv2.INTER_CUBIC
    )
    with face_mesh.FaceMesh(
        static_image_mode=True, refine_landmarks=True, max_num_faces=1
    ) as tracker:
        found: Any = tracker.process(cv2.cvtColor(part, cv2.COLOR_BGR2RGB)).multi_face_landmarks
    if not found:
        raise RuntimeError(
            "no face found in the portrait; is scikit-image's astronaut picture intact?"
        )
    width, height = right - left, bottom
    points = np.array([(p.x * width, p.y * height, p.z * width) for p in found[0].landmark])
    return np.asarray(points + np.array([left - 0.5, -0.5, 0.0]))


def polygon_mask(points: Floats, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return a mask (h, w) that is 255 inside a polygon (n, 2) [px]."""
    mask = np.zeros(size, dtype=np.uint8)
    fixed = np.round(points * 16.0).astype(np.int32)
    cv2.fillPoly(mask, [fixed], 255, cv2.LINE_AA, 4)
    return mask


def _smoothstep(low: float, high: float, value: Any) -> Any:
    share = np.clip((value - low) / (high - low), 0.0, 1.0)
    return share * share * (3.0 - 2.0 * share)


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
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(0)
    cv2.grabCut(photo, trimap, None, *models, 8, cv2.GC_INIT_WITH_MASK)
    person = ((trimap == cv2.GC_FGD) | (trimap == cv2.GC_PR_FGD)).astype(np.uint8)
    person = cv2.morphologyEx(person, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    number, labels, stats, _ = cv2.connectedComponentsWithStats(person)
    person = (labels == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))).astype(np.uint8)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (11, 11))
    sure, maybe = cv2.erode(person, disc), cv2.dilate(person, disc)
    known = maybe == 0
    rows = np.arange(size[0])[:, None]
    columns = np.arange(size[1])[None, :]
    known &= rows < _COLLAR_LINE
    backdrop = _filled(photo.astype(np.float32), known)
    lab = cv2.cvtColor(photo, cv2.COLOR_BGR2LAB).astype(np.float32)
    behind = cv2.cvtColor(np.clip(backdrop, 0, 255).astype(np.uint8), cv2.COLOR_BGR2LAB).astype(
        np.float32
    )
    distance = np.sqrt((((lab - behind) * [0.5, 1.0, 1.0]) ** 2).sum(axis=2))
    edge = _smoothstep(5.0, 22.0, cv2.GaussianBlur(distance, (0, 0), 0.6))
    alpha = np.where(sure > 0, 1.0, np.where(maybe > 0, edge, 0.0)).astype(np.float32)
    # Below the ears the head ends at the jaw.
    (x0, y0), (x1, y1) = _EAR_LINE
    below = _smoothstep(-3.0, 3.0, rows - (y0 + (y1 - y0) * (columns - x0) / (x1 - x0)))
    centre = oval.mean(axis=0)
    direction = oval - centre
    length = np.linalg.norm(direction, axis=1, keepdims=True)
    grown = polygon_mask(centre + direction * (1.0 + 0.8 / length), size)
    core = polygon_mask(centre + direction * (1.0 - 5.0 / length), size) > 0
    face = cv2.GaussianBlur(grown.astype(np.float32) / 255.0, (0, 0), 0.7)
    face *= np.where(core | (rows > _COLLAR_LINE + 2.0), 1.0, edge)
    alpha = np.asarray(np.maximum(face, alpha * (1.0 - below)), dtype=np.float32)
    return alpha, backdrop


def _without_openings(texture: Image, landmarks: Floats) -> Image:
    """Return the canvas (h, w, 3) with the colours of lids and lips carried on into eyes and mouth."""
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
    corners = np.zeros(known.shape, dtype=np.uint8)
    for corner, inner in ((78, 80), (308, 310)):
        middle = np.round(0.75 * points[corner] + 0.25 * points[inner]).astype(int)
        cv2.circle(corners, middle.tolist(), 11, 1, -1)
    return _filled(texture, known & (corners == 0))


def _decontaminate(photo: NDArray[np.uint8], head: Image, backdrop: Image) -> Image:
    """Return the picture with the backdrop's share taken out of half-covered pixels."""
    alpha = head[:, :, None]
    own = (photo - (1.0 - alpha) * backdrop) / np.maximum(alpha, 0.5)
    solid = _filled(photo.astype(np.float32), head > 0.97)
    share = _smoothstep(0.5, 1.0, alpha)
    return np.clip(share * own + (1.0 - share) * solid, 0.0, 255.0).astype(np.float32)


def _plate(
    photo: NDArray[np.uint8], head: Image, backdrop: Image, landmarks: Floats
) -> tuple[Image, Image]:
    """Return the picture without the head (h, w, 3), and how far it follows the head (h, w)."""
    size = photo.shape[:2]
    source = photo.astype(np.float32)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (9, 9))
    covered = (head > 0.02).astype(np.uint8)
    hidden = cv2.dilate(covered, disc) > 0
    rows = np.arange(size[0])[:, None]
    neck_hard = polygon_mask(np.array(_NECK, dtype=np.float64), size) > 127
    neck_wide = cv2.dilate(neck_hard.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    others = _filled(source, ~hidden & ~(neck_wide & (rows < 186)))
    plate = np.where(hidden[:, :, None], others, source)
    neck_inner = cv2.erode(neck_hard.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    visible = neck_inner & ~hidden & (rows < 186)
    tone = np.median(source[visible], axis=0)
    sides = np.abs(np.arange(size[1])[None, :] - 221.0) / 35.0
    # The chin's shadow lies on the neck, which is round.
    chin = float(landmarks[152, 1])
    shade = (0.74 + 0.26 * _smoothstep(chin - 16.0, chin + 8.0, rows)) * (1.06 - 0.26 * sides**2)
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
    follow = follow * (1.0 - _smoothstep(138.0, 190.0, rows))
    return np.clip(plate, 0.0, 255.0).astype(np.float32), follow.astype(np.float32)


def _filled(image: Image, known: NDArray[np.bool_]) -> Image:
    """Return an image (h, w, 3) whose unknown pixels continue the known ones (Laplace's equation)."""
    height, width = known.shape
    number = np.full(known.shape, -1, dtype=np.intp)
    number[~known] = np.arange(np.count_nonzero(~known))
    y, x = np.nonzero(~known)
    count = len(y)
    matrix = sparse.identity(count, format="csr") * 0.0
    right = np.zeros((count, 3))
    degree = np.zeros(count)
    soft = cv2.GaussianBlur(image, (0, 0), 1.0)
    for step_y, step_x in ((0, 1), (0, -1), (1, 0), (-1, 0)):
        other_y, other_x = y + step_y, x + step_x
        exists = (other_y >= 0) & (other_y < height) & (other_x >= 0) & (other_x < width)
        degree += exists
        row = np.flatnonzero(exists)
        other_y, other_x = other_y[row], other_x[row]
        column = number[other_y, other_x]
        inner = column >= 0
        ones = np.ones(np.count_nonzero(inner))
        matrix -= sparse.csr_matrix((ones, (row[inner], column[inner])), shape=(count, count))
        right[row[~inner]] += soft[other_y[~inner], other_x[~inner]]
    matrix += sparse.diags(degree)
    result = image.copy()
    result[y, x] = linalg.spsolve(matrix.tocsc(), right)
    return result


def _enlarged(image: Image) -> Image:
    """Return the video's part of a photograph-sized image (h, w, ...) on the canvas."""
    height, width = canvas_size()
    factor = SCALE * SUPERSAMPLING
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    map_x = ((x + 0.5) / factor - 0.5 + ORIGIN[0]).astype(np.float32)
    map_y = ((y + 0.5) / factor - 0.5 + ORIGIN[1]).astype(np.float32)
    return np.asarray(
        cv2.remap(image, map_x, map_y, cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_REFLECT)
    )


def _sharpened(image: Image) -> Image:
    """Return the enlarged picture with the softness of enlarging partly undone."""
    radius = 0.6 * SCALE * SUPERSAMPLING
    sharp = image + 0.55 * (image - cv2.GaussianBlur(image, (0, 0), radius))
    return np.clip(sharp, 0.0, 255.0).astype(np.float32)
