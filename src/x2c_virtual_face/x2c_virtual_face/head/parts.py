# SPDX-License-Identifier: Apache-2.0
"""Shapes beside the skin: eyeballs, teeth, neck and collar [interocular distances]."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from x2c_core.arrays import Array, ImageArray, Indices
from x2c_virtual_face.head import eyes, texture
from x2c_virtual_face.head.rig import HEAD_BODY, JAW_BODY

EYE_TEXTURE_SIZE = 128
_IRIS_EDGE = np.arcsin(eyes.IRIS_RADIUS / eyes.RADIUS)


@dataclass(frozen=True)
class Surface:
    """A triangle mesh: vertices (n, 3), faces (m, 3), texture coordinates (n, 2)."""

    vertices: Array
    faces: Indices
    texture: Array


@dataclass(frozen=True)
class Ellipsoid:
    """A round part: the body it is on, its material, its middle and its radii."""

    name: str
    body: str
    material: str
    position: tuple[float, float, float]
    radii: tuple[float, float, float]


ELLIPSOIDS = (
    Ellipsoid("cavity", HEAD_BODY, "cavity", (-0.37, 0.0, -0.95), (0.36, 0.68, 0.42)),
    Ellipsoid("cavity_floor", JAW_BODY, "cavity", (-0.37, 0.0, -1.10), (0.36, 0.52, 0.34)),
    Ellipsoid("tongue", JAW_BODY, "tongue", (-0.12, 0.0, -1.06), (0.26, 0.20, 0.07)),
    Ellipsoid("ear_left", HEAD_BODY, "neck", (-1.12, 1.20, -0.16), (0.22, 0.12, 0.34)),
    Ellipsoid("ear_right", HEAD_BODY, "neck", (-1.12, -1.20, -0.16), (0.22, 0.12, 0.34)),
)

MATERIALS = {
    "neck": (*(channel / 255.0 for channel in texture.SKIN), 1.0),
    "teeth": (0.93, 0.91, 0.86, 1.0),
    "cavity": (0.20, 0.05, 0.06, 1.0),
    "tongue": (0.68, 0.32, 0.33, 1.0),
    "shirt": (0.28, 0.36, 0.46, 1.0),
}
"""Colours of parts that have only one, RGBA."""


def eyeball(side: str) -> Surface:
    """Return an eye's ball ("left" or "right"), textured by angle from its pupil."""
    ball = unit_ball()
    vertices = eyes.RADIUS * np.einsum("ij,nj->ni", eyes.inwards(side), ball.vertices)
    return Surface(vertices, ball.faces, ball.texture)


def unit_ball() -> Surface:
    """Return a ball of radius 1, textured by angle from its pole, which points along +x."""
    rings, sectors = 20, 32
    # Rings lie closer around an eye's pupil, where its image is.
    angle = np.pi * (np.linspace(0.0, 1.0, rings + 1) ** 1.4)
    turn = 2.0 * np.pi * np.arange(sectors) / sectors
    polar, around = (a.reshape(-1) for a in np.meshgrid(angle, turn, indexing="ij"))
    y, z = np.sin(polar) * np.cos(around), np.sin(polar) * np.sin(around)
    radius = 0.49 * polar / np.pi
    positions = 0.5 + radius[:, None] * np.stack([np.cos(around), np.sin(around)], axis=1)
    vertices = np.stack([np.cos(polar), y, z], axis=1)
    return Surface(vertices, grid_faces(rings + 1, sectors, True)[:, ::-1], positions)


def eye_texture() -> ImageArray:
    """Return the eyeball's image (n, n, 3), RGB: sclera, iris with rays and rim, pupil."""
    n = EYE_TEXTURE_SIZE * 2
    rows, columns = (np.mgrid[0:n, 0:n] + 0.5) / n - 0.5
    angle = np.hypot(rows, columns) / 0.49 * np.pi
    around = np.arctan2(rows, columns)
    share = angle / _IRIS_EDGE
    rays = 0.5 + 0.5 * np.sin(around * 31.0 + 2.0 * np.sin(around * 7.0))
    iris = np.array([34.0, 48.0, 60.0]) * (0.75 + 0.35 * rays * (1.2 - share))[..., None]
    iris = np.where((share > 0.82)[..., None], iris * 0.40, iris)
    iris = np.where((share < 0.45)[..., None], np.array([10.0, 10.0, 12.0]), iris)
    sclera = np.array([240.0, 238.0, 234.0]) - 30.0 * np.clip(angle[..., None] - 0.7, 0, 1)
    image = np.where((share < 1.0)[..., None], iris, sclera)
    size = EYE_TEXTURE_SIZE
    image = image.reshape(size, 2, size, 2, 3).mean(axis=(1, 3))
    return np.asarray(np.clip(image, 0, 255), np.uint8)


def teeth(upper: bool) -> Surface:
    """Return one row of teeth: an arch with a groove between each two."""
    columns, rows = 113, 7
    turn = np.linspace(-1.25, 1.25, columns)
    groove = np.abs(np.sin(turn * 14.0 / 2.5 * np.pi / 1.75 + np.pi / 2 * 0)) ** 0.5
    depth = 0.012 * (1.0 - np.clip(groove * 1.6, 0.0, 1.0))
    height = np.linspace(0.0, 1.0, rows)
    arch_x = -0.24 + 0.42 * np.cos(turn)
    arch_y = 0.335 * np.sin(turn)
    sign = -1.0 if upper else 1.0
    length = 0.165 if upper else 0.13
    tip = 0.02 * np.clip(1.0 - groove, 0.0, 1.0)
    vertices = np.empty((rows, columns, 3))
    for r, share in enumerate(height):
        inset = depth + 0.03 * share**3
        scale = 1.0 - inset / 0.42
        vertices[r, :, 0] = -0.24 + (arch_x + 0.24) * scale
        vertices[r, :, 1] = arch_y * scale
        vertices[r, :, 2] = sign * (length - tip * share) * share
    vertices[:, :, 2] += -0.80 if upper else -1.075
    vertices = vertices.reshape(-1, 3)
    faces = grid_faces(rows, columns, False)
    return Surface(vertices, faces[:, ::-1] if upper else faces, np.zeros((len(vertices), 2)))


def neck() -> tuple[Surface, Array]:
    """Return the neck's tube and its vertices' heights (n,), 0 at the collar, 1 in the head."""
    rings, sectors = 14, 40
    share = np.linspace(0.0, 1.0, rings)
    turn = 2.0 * np.pi * np.arange(sectors) / sectors
    z = -2.95 + share * 2.05
    # Wider where it meets the shoulders; the axis leans forward as necks do.
    radius = 0.66 + 0.36 * (1.0 - np.clip(share * 2.2, 0.0, 1.0)) ** 2
    axis_x = -1.45 + 0.35 * share
    x = axis_x[:, None] + radius[:, None] * 0.98 * np.cos(turn)
    y = radius[:, None] * 1.02 * np.sin(turn)
    vertices = np.stack([x, y, np.broadcast_to(z[:, None], x.shape)], axis=2).reshape(-1, 3)
    surface = Surface(vertices, grid_faces(rings, sectors, True), np.zeros((len(vertices), 2)))
    return surface, np.repeat(share, sectors)


def torso() -> Surface:
    """Return shoulders and collar, a dressed shell around the neck's base."""
    sectors = 64
    turn = 2.0 * np.pi * np.arange(sectors) / sectors
    #         z      radius forward  sideways  middle x
    rings = [
        (-2.62, 0.80, 0.83, -1.40),
        (-2.50, 0.84, 0.88, -1.40),
        (-2.52, 0.93, 0.97, -1.40),
        (-2.68, 0.99, 1.06, -1.42),
        (-2.76, 1.10, 1.50, -1.45),
        (-2.95, 1.30, 2.35, -1.48),
        (-3.30, 1.55, 2.95, -1.50),
        (-3.90, 1.70, 3.15, -1.50),
        (-5.30, 1.70, 3.05, -1.50),
    ]
    vertices = np.array([
        [middle + forward * np.cos(a), sideways * np.sin(a), z]
        for z, forward, sideways, middle in rings for a in turn
    ])  # fmt: skip
    faces = grid_faces(len(rings), sectors, True)[:, ::-1]
    return Surface(vertices, faces, np.zeros((len(vertices), 2)))


def grid_faces(rows: int, columns: int, closed: bool) -> Indices:
    """Return triangles over a grid of vertices, joined around if closed."""
    r = np.arange(rows - 1)[:, None]
    c = np.arange(columns if closed else columns - 1)[None, :]
    after = (c + 1) % columns
    a, b = r * columns + c, r * columns + after
    d, e = a + columns, b + columns
    quads = np.stack([np.stack([a, b, e], -1), np.stack([a, e, d], -1)], 2)
    return np.asarray(quads.reshape(-1, 3), np.intp)
