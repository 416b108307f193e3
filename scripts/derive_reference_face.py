#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Derive x2c_core's reference face again, and compare it with the one that is committed.

The steps are those of src/x2c_core/x2c_core/data/README.md.
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
from collections import defaultdict, deque
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Triangle = tuple[int, int, int]

COMMITTED = Path(__file__).parents[1] / "src/x2c_core/x2c_core/data/reference_face.npz"
TOLERANCE = 1e-3
"""How far landmarks may be off on another processor [interocular distances]."""

SKIN_COUNT = 468
# Three edges of the tessellation around two triangles that meet: no triangles of the mesh.
NO_TRIANGLES = {(49, 64, 129), (279, 294, 358)}
# An edge on the midline of the forehead.
MIDLINE = (10, 151)
IRIS_MIRROR = (473, 476, 475, 474, 477, 468, 471, 470, 469, 472)
EYE_LEFT, EYE_RIGHT, FOREHEAD, CHIN_TIP = [263, 362], [33, 133], 10, 152

# Rings of the lips from the outer edge (0) to the opening (1), from the right to the left corner.
OUTER_UPPER = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291)
OUTER_LOWER = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291)
INNER_UPPER = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
INNER_LOWER = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
BETWEEN = (
    (
        0.33,
        (76, 184, 74, 73, 72, 11, 302, 303, 304, 408, 306),
        (76, 77, 90, 180, 85, 16, 315, 404, 320, 307, 306),
    ),
    (
        0.68,
        (62, 183, 42, 41, 38, 12, 268, 271, 272, 407, 292),
        (62, 96, 89, 179, 86, 15, 316, 403, 319, 325, 292),
    ),
)
CUPIDS_BOW = (0, 0, 0, 0, 0.004, -0.004, 0.004, 0, 0, 0, 0)
NOSE_BASE = (2, 94, 97, 326, 98, 327)
CHEEK_RIM = (58, 288, 132, 361, 93, 323)
CHIN = (
    *(152, 148, 377, 176, 400, 175, 199, 200, 171, 396, 208),
    *(428, 140, 369, 149, 378, 150, 379, 136, 365, 172, 397),
)


def measured_landmarks() -> Points:
    """Step 1: return the landmarks (478, 3) [pixel] of the portrait."""
    import mediapipe as mp
    import skimage.data

    image = skimage.data.astronaut()  # type: ignore[no-untyped-call]
    with mp.solutions.face_mesh.FaceMesh(static_image_mode=True, refine_landmarks=True) as mesh:
        face = mesh.process(image).multi_face_landmarks[0]
    landmarks = np.array([(p.x, p.y, p.z) for p in face.landmark], dtype=np.float64)
    return np.asarray(image.shape[1] * landmarks)


def skin_triangles(landmarks: Points) -> list[Triangle]:
    """Step 2: return the triangles of the tessellation, all counter-clockwise from outside."""
    from mediapipe.python.solutions.face_mesh_connections import FACEMESH_TESSELATION

    neighbours: dict[int, set[int]] = defaultdict(set)
    for a, b in FACEMESH_TESSELATION:
        neighbours[a].add(b)
        neighbours[b].add(a)
    cliques = {
        (a, b, c)
        for a in neighbours
        for b in neighbours[a]
        for c in neighbours[a] & neighbours[b]
        if a < b < c
    }
    triangles = _oriented(sorted(cliques - NO_TRIANGLES))
    corners = landmarks[np.array(triangles)]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    # In an image, z points away from the viewer, so outward normals have a negative one.
    inside_out = np.count_nonzero(normals[:, 2] > 0.0) > len(triangles) / 2
    return [(a, c, b) for a, b, c in triangles] if inside_out else triangles


def _edges(triangle: Triangle) -> tuple[tuple[int, int], ...]:
    a, b, c = triangle
    return (a, b), (b, c), (c, a)


def _oriented(triangles: list[Triangle]) -> list[Triangle]:
    """Return the triangles such that neighbours pass their common edge in opposite ways."""
    around: dict[frozenset[int], list[int]] = defaultdict(list)
    for i, triangle in enumerate(triangles):
        for pair in itertools.combinations(triangle, 2):
            around[frozenset(pair)].append(i)
    result = {0: triangles[0]}
    waiting = deque([0])
    while waiting:
        for a, b in _edges(result[waiting.popleft()]):
            for i in around[frozenset((a, b))]:
                if i not in result:
                    x, y, z = triangles[i]
                    result[i] = (x, y, z) if (b, a) in _edges((x, y, z)) else (x, z, y)
                    waiting.append(i)
    return [result[i] for i in range(len(triangles))]


def propagated_mirror(triangles: list[Triangle]) -> NDArray[np.intp]:
    """Step 3a: return the mirror map (478,) that walks over the triangles from the midline."""
    apexes: dict[frozenset[int], list[int]] = defaultdict(list)
    for a, b, c in triangles:
        for edge, apex in (((a, b), c), ((b, c), a), ((c, a), b)):
            apexes[frozenset(edge)].append(apex)
    one, other = apexes[frozenset(MIDLINE)]
    mirror = {**{i: i for i in MIDLINE}, one: other, other: one}
    waiting = deque([((*MIDLINE, one), (*MIDLINE, other))])
    seen = set()
    while waiting:
        here, there = waiting.popleft()
        if frozenset(here) in seen:
            continue
        seen.add(frozenset(here))
        for (a, b), (p, q) in zip(_edges(here), _edges(there), strict=True):
            ahead = [i for i in apexes[frozenset((a, b))] if i not in here]
            reflected = [i for i in apexes[frozenset((p, q))] if i not in there]
            if len(ahead) == len(reflected) == 1:
                mirror[ahead[0]] = reflected[0]
                waiting.append(((a, b, ahead[0]), (p, q, reflected[0])))
    return np.array([mirror[i] for i in range(SKIN_COUNT)] + list(IRIS_MIRROR), dtype=np.intp)


def reflected(landmarks: Points, mirror: NDArray[np.intp]) -> Points:
    """Return the face reflected and laid over itself: (478, 3), each point near its own."""
    other = landmarks[mirror] * [-1.0, 1.0, 1.0]
    mean, other_mean = landmarks.mean(axis=0), other.mean(axis=0)
    u, _, vt = np.linalg.svd((other - other_mean).T @ (landmarks - mean))
    turn = (u * [1.0, 1.0, np.linalg.det(u @ vt)]) @ vt
    return np.asarray((other - other_mean) @ turn + mean)


def refined_mirror(landmarks: Points, mirror: NDArray[np.intp]) -> NDArray[np.intp]:
    """Step 3b: return the mirror map (478,) that brings reflected points to the nearest ones."""
    from scipy.optimize import linear_sum_assignment

    while True:
        # The first map can leave a landmark out: that one is near to none.
        over = np.full_like(landmarks, 1e6)
        over[mirror] = reflected(landmarks, mirror)
        distances = ((landmarks[:, None] - over[None]) ** 2).sum(axis=-1)
        distances[SKIN_COUNT:, :SKIN_COUNT] = distances[:SKIN_COUNT, SKIN_COUNT:] = 1e9
        _, found = linear_sum_assignment(distances)
        if (found == mirror).all():
            return mirror
        mirror = np.asarray(found, dtype=np.intp)


def symmetric_head(landmarks: Points, mirror: NDArray[np.intp]) -> Points:
    """Step 4: return the symmetrised face (478, 3) [interocular distances] in the head frame."""
    face = (landmarks + reflected(landmarks, mirror)) / 2.0
    right = np.flatnonzero(mirror > np.arange(len(mirror)))
    side = np.sign((landmarks[mirror] - landmarks)[right, :1])
    # The person's left is on the right of the image.
    y = ((face[mirror] - face)[right] * side).mean(axis=0)
    y /= np.linalg.norm(y)
    z = face[FOREHEAD] - face[CHIN_TIP]
    z -= (z @ y) * y
    z /= np.linalg.norm(z)
    left_eye, right_eye = face[EYE_LEFT].mean(axis=0), face[EYE_RIGHT].mean(axis=0)
    axes = np.stack([np.cross(y, z), y, z], axis=1)
    origin, unit = (left_eye + right_eye) / 2.0, np.linalg.norm(left_eye - right_eye)
    return np.asarray((face - origin) @ axes / unit)


def _neutral_lips() -> dict[int, Points]:
    """Return where the landmarks of the lips are in a neutral mouth."""
    along = np.linspace(-1.0, 1.0, 11)
    round_ = 1.0 - along**2
    y = 0.41 * np.sign(along) * np.abs(along) ** 0.9
    line = -0.90 - 0.015 * along**2
    x = 0.37 - 0.20 * along**2
    y_inner = y * np.where(np.abs(along) == 1.0, 0.94, 0.93)
    rows = (
        (OUTER_UPPER, x, y, line + 0.11 * np.sqrt(round_) + CUPIDS_BOW),
        (OUTER_LOWER, x - 0.02, y, line - 0.145 * np.sqrt(round_)),
        (INNER_UPPER, x + 0.02, y_inner, line + 0.004 * round_),
        (INNER_LOWER, x + 0.015, y_inner, line - 0.004 * round_),
    )
    lips: dict[int, Points] = {}
    for ring, *coordinates in rows:
        lips.update(zip(ring, np.stack(coordinates, axis=1), strict=True))
    for corner, end in ((OUTER_UPPER[0], 0), (OUTER_UPPER[-1], -1)):
        lips[corner] = np.array([x[end] - 0.01, y[end], line[end]])
    for share, upper, lower in BETWEEN:
        for ring, outer, inner, fullness in (
            (upper, OUTER_UPPER, INNER_UPPER, 0.035),
            (lower, OUTER_LOWER, INNER_LOWER, 0.045),
        ):
            for place, a, b, bulge in zip(ring, outer, inner, fullness * round_, strict=True):
                lips[place] = lips[a] * (1.0 - share) + lips[b] * share + [bulge, 0.0, 0.0]
    return lips


def neutral_face(head: Points, mirror: NDArray[np.intp]) -> Points:
    """Step 5: return the face (478, 3) with its smile closed; the lower face follows the lips."""
    from scipy.interpolate import RBFInterpolator

    lips = _neutral_lips()
    upper_face = np.flatnonzero(head[:SKIN_COUNT, 2] > -0.55)
    fixed = sorted({*upper_face.tolist(), *NOSE_BASE})
    moves: dict[int, Any] = {i: place - head[i] for i, place in lips.items()}
    for i in fixed:
        moves.setdefault(i, np.zeros(3))
    for i in CHIN:
        rise = 0.11 * min(1.0, max(0.0, (-0.95 - head[i, 2]) / 0.5))
        moves.setdefault(i, np.array([0.0, 0.0, rise]))
    for i in CHEEK_RIM:
        moves.setdefault(i, np.zeros(3))
    known = list(moves)
    follow = RBFInterpolator(
        head[known], np.array([moves[i] for i in known]), kernel="linear", smoothing=1e-4
    )
    face = head + follow(head)
    face[list(lips)] = list(lips.values())
    face[fixed] = head[fixed]
    return np.asarray((face + face[mirror] * [1.0, -1.0, 1.0]) / 2.0)


def derive() -> dict[str, NDArray[Any]]:
    """Return the arrays of the reference face's file, by name."""
    landmarks = measured_landmarks()
    triangles = skin_triangles(landmarks)
    mirror = refined_mirror(landmarks, propagated_mirror(triangles))
    face = neutral_face(symmetric_head(landmarks, mirror), mirror)
    return {
        "landmarks": face.astype(np.float32),
        "triangles": np.array(triangles, dtype=np.int16),
        "mirror": mirror.astype(np.int16),
    }


def main() -> int:
    """Derive the face, compare it, and write it where the user asks for that."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, help="where to write the derived .npz file")
    arguments = parser.parse_args()
    derived = derive()
    if arguments.output:
        np.savez_compressed(arguments.output, **derived)
    with np.load(COMMITTED, allow_pickle=False) as committed:
        same = all((derived[name] == committed[name]).all() for name in ("triangles", "mirror"))
        off = float(np.abs(derived["landmarks"] - committed["landmarks"]).max())
    print(f"triangles and mirror map {'equal' if same else 'DIFFERENT'}")
    print(f"landmarks at most {off:.1e} interocular distances off (allowed: {TOLERANCE:g})")
    return 0 if same and off < TOLERANCE else 1


if __name__ == "__main__":
    os.environ.setdefault("GLOG_minloglevel", "2")
    sys.exit(main())
