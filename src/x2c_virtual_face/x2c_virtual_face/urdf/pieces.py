# SPDX-License-Identifier: Apache-2.0
"""The face cut into rigid pieces, each of one colour and on one bone.

Lengths are interocular distances, positions those of the neutral face.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from x2c_core.arrays import Array, Indices
from x2c_core.face import topology
from x2c_virtual_face.head import eyes, parts, skin_mesh, texture, weights
from x2c_virtual_face.head.rig import BONES, HEAD_BODY, JAW_BODY, TORSO_BODY

FOLLOWING = frozenset(
    bone.name
    for bone in BONES
    if all(axis.leader for axis in bone.axes) and not bone.name.startswith("eye")
)
"""Bones that only shape the skin between others; rigid pieces need none of them."""

_PARENTS = {bone.name: bone.parent for bone in BONES}
_ON_JAW = {JAW_BODY, *(bone.name for bone in BONES if bone.parent == JAW_BODY)}

_SKIN_COLOURS = {
    "skin": texture.SKIN,
    "lips": texture.LIP,
    "brows": texture.BROW,
    "hair": texture.CAP,
    "lashes": texture.LASH,
}
_WINDOWS = {"lips": ((-0.6, 0.6), (-1.4, -0.5)), "brows": ((-1.0, 1.0), (0.1, 0.6)),
            "lashes": ((-1.0, 1.0), (-1.4, 0.3))}  # fmt: skip
"""Region of a colour in the image plane; elsewhere it is a blend of skin and hair."""
_EYE_COLOURS = {"white": (240, 238, 234), "iris": (46, 76, 98), "pupil": (10, 10, 12)}

COLOURS: dict[str, tuple[float, ...]] = {
    **{
        name: (*(channel / 255.0 for channel in colour), 1.0)
        for name, colour in (_SKIN_COLOURS | _EYE_COLOURS).items()
    },
    **parts.MATERIALS,
}
"""RGBA by name."""

_SUBDIVISIONS = 2
_LINER_DEPTH = 0.02
_SHARED = 0.08
"""Skin that follows both head and jaw by more than this share is on both."""
_TIE = 0.02
_SHELL_RADIUS = eyes.RADIUS + 0.012
_SHELL_REACH = 1.15
"""Overlap of a lid with the skin beside it [rad]."""
_SHELL_HALF_WIDTH = 0.25


@dataclass(frozen=True)
class Piece:
    """Triangles of one colour, on one bone.

    Attributes:
        bone: It is on.
        colour: One of COLOURS.
        triangles: (n, 3 corners, 3).
        beneath: Whether it is skin under other skin.
    """

    bone: str
    colour: str
    triangles: Array
    beneath: bool = False

    @property
    def name(self) -> str:
        """Of the piece's file."""
        return f"{self.bone}_{self.colour}" + ("_beneath" if self.beneath else "")


def pieces() -> list[Piece]:
    """Return the whole face, at most one piece for each name."""
    found: dict[tuple[str, str, bool], list[Array]] = {}
    for piece in (*_skin(), *_lids(), *_eyeballs(), *_solids()):
        found.setdefault((piece.bone, piece.colour, piece.beneath), []).append(piece.triangles)
    return [
        Piece(bone, colour, np.concatenate(triangles), beneath)
        for (bone, colour, beneath), triangles in sorted(found.items())
    ]


def _skin() -> Iterator[Piece]:
    skin = skin_mesh.build(weights.landmark_weights(), _SUBDIVISIONS)
    corners, faces = skin.vertices, skin.faces
    bones = _bones(skin.weights[faces].mean(axis=1))
    colours = _colours(skin.flat[faces].mean(axis=1))
    jaw = skin.weights[:, [name in _ON_JAW for name in weights.SKIN_BONES]].sum(axis=1)
    on_jaw = jaw[faces].mean(axis=1)
    for bone in np.unique(bones):
        yield from _coloured(str(bone), corners[faces], colours, bones == bone)
    # Where pieces move away, the skin of what carries them goes on beneath; lids need none.
    lids = np.char.startswith(bones, "eyelid")
    below = np.isin(bones, [*_ON_JAW])
    plain = np.where(colours == "brows", "skin", colours)
    for carrier, under in (
        (HEAD_BODY, ~below & (bones != HEAD_BODY) & ~lids | below & (on_jaw < 1.0 - _SHARED)),
        (JAW_BODY, below & (bones != JAW_BODY) | ~below & (on_jaw > _SHARED)),
    ):
        yield from _coloured(carrier, _beneath(corners, faces, under), plain, under, True)


def _coloured(
    bone: str,
    triangles: Array,
    colours: NDArray[np.str_],
    chosen: NDArray[np.bool_],
    beneath: bool = False,
) -> Iterator[Piece]:
    for colour in np.unique(colours[chosen]):
        yield Piece(bone, str(colour), triangles[chosen & (colours == colour)], beneath)


def _beneath(corners: Array, faces: Indices, chosen: NDArray[np.bool_]) -> Array:
    """Return the triangles of a skin that dives under the chosen ones from their border on."""
    deep = np.ones(len(corners))
    deep[faces[~chosen]] = 0.0
    inner = corners - _LINER_DEPTH * deep[:, None] * _normals(corners, faces)
    return np.asarray(inner[faces])


def _bones(shares: Array) -> NDArray[np.str_]:
    """Return the bone that each triangle follows most, of those that have pieces."""
    names = [*weights.SKIN_BONES, HEAD_BODY]
    # What follows two bones alike goes with the head, on both sides of the face.
    full = np.column_stack([shares, 1.0 + _TIE - shares.sum(axis=1)])
    for k, name in enumerate(names):
        if name in FOLLOWING:
            full[:, names.index(_PARENTS[name])] += full[:, k]
            full[:, k] = 0.0
    return np.asarray(np.array(names)[full.argmax(axis=1)])


def _colours(flat: Array) -> NDArray[np.str_]:
    """Return the colour next to the paint at positions (n, 2) in the image plane."""
    size = texture.SIZE
    paint = texture.skin_texture().astype(np.float64)
    pixels = np.clip(texture.coordinates(flat) * size, 0, size - 1).astype(int)
    seen = paint[pixels[:, 1], pixels[:, 0]]
    palette = np.array(list(_SKIN_COLOURS.values()), dtype=np.float64)
    distance = np.linalg.norm(seen[:, None] - palette, axis=2)
    for k, name in enumerate(_SKIN_COLOURS):
        for positions, (low, high) in zip(flat.T, _WINDOWS.get(name, ()), strict=False):
            distance[(positions < low) | (positions > high), k] = np.inf
    inside = np.abs(flat[:, 0]) < 0.9
    distance[inside & (flat[:, 1] < 0.55), list(_SKIN_COLOURS).index("hair")] = np.inf
    return np.asarray(np.array(list(_SKIN_COLOURS))[distance.argmin(axis=1)])


def _normals(vertices: Array, faces: Indices) -> Array:
    a, b, c = vertices[faces].transpose(1, 0, 2)
    across = np.cross(b - a, c - a)
    total = np.zeros_like(vertices)
    for k in range(3):
        np.add.at(total, faces[:, k], across)
    return np.asarray(total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12))


def _lids() -> Iterator[Piece]:
    """Yield what a lid hides behind the skin while the eye is open."""
    landmarks = skin_mesh.control_landmarks()
    for side, upper, lower in (
        ("left", topology.EYE_LEFT_UPPER, topology.EYE_LEFT_LOWER),
        ("right", topology.EYE_RIGHT_UPPER, topology.EYE_RIGHT_LOWER),
    ):
        for lid, margin, way in (("upper", upper, 1.0), ("lower", lower, -1.0)):
            position = landmarks[margin] - eyes.centre(side)
            order = np.argsort(position[:, 1])
            across = np.linspace(-_SHELL_HALF_WIDTH, _SHELL_HALF_WIDTH, 25)
            angle = np.arctan2(position[order, 2], position[order, 0])
            start = np.interp(across, position[order, 1], angle)
            turn = start[None, :] + way * _SHELL_REACH * np.linspace(0.0, 1.0, 13)[:, None]
            radius = np.sqrt(_SHELL_RADIUS**2 - across**2)
            vertices = np.stack(
                [
                    radius * np.cos(turn),
                    np.broadcast_to(across, turn.shape),
                    radius * np.sin(turn),
                ],
                axis=2,
            ).reshape(-1, 3)
            faces = parts.grid_faces(len(turn), len(across), False)
            triangles = (eyes.centre(side) + vertices)[faces if way > 0 else faces[:, ::-1]]
            yield Piece(f"eyelid_{lid}_{side}", "skin", triangles)


def _eyeballs() -> Iterator[Piece]:
    image = parts.eye_texture().astype(np.float64)
    palette = np.array(list(_EYE_COLOURS.values()), dtype=np.float64)
    for side in ("left", "right"):
        ball = parts.eyeball(side)
        middle = ball.texture[ball.faces].mean(axis=1)
        pixels = (middle * len(image)).astype(int)
        seen = image[pixels[:, 1], pixels[:, 0]]
        nearest = np.linalg.norm(seen[:, None] - palette, axis=2).argmin(axis=1)
        for k, colour in enumerate(_EYE_COLOURS):
            triangles = (eyes.centre(side) + ball.vertices)[ball.faces[nearest == k]]
            yield Piece(f"eye_{side}", colour, triangles)


def _solids() -> Iterator[Piece]:
    neck, _ = parts.neck()
    for bone, colour, surface in (
        (HEAD_BODY, "teeth", parts.teeth(True)),
        (JAW_BODY, "teeth", parts.teeth(False)),
        (TORSO_BODY, "shirt", parts.torso()),
        ("neck", "neck", neck),
    ):
        yield Piece(bone, colour, surface.vertices[surface.faces])
    for part in parts.ELLIPSOIDS:
        ball = parts.unit_ball()
        triangles = np.array(part.position) + (ball.vertices * np.array(part.radii))[ball.faces]
        yield Piece(part.body, part.material, triangles)
