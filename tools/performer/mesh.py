# SPDX-License-Identifier: Apache-2.0
"""Triangle meshes: smooth subdivision, smooth spreading of displacements, and rasterisation."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import linalg

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


def _edges(triangles: Indices) -> dict[tuple[int, int], list[int]]:
    """Return each edge's opposite corners, by the edge's sorted ends."""
    opposite: dict[tuple[int, int], list[int]] = {}
    for triangle in triangles.tolist():
        for k in range(3):
            a, b, c = triangle[k], triangle[(k + 1) % 3], triangle[(k + 2) % 3]
            opposite.setdefault((min(a, b), max(a, b)), []).append(c)
    return opposite


def subdivide(triangles: Indices, count: int) -> tuple[sparse.csr_matrix, Indices]:
    """Return one step of Loop's subdivision of a mesh with `count` vertices.

    Returns:
        The (m, count) matrix that makes the new vertices from the old, and the (4n, 3) new
        triangles. The same matrix serves for positions in the image and in space, so the way
        between them becomes smooth. Borders become smooth curves of their own.
    """
    opposite = _edges(triangles)
    number = {edge: count + i for i, edge in enumerate(opposite)}
    entries: list[tuple[int, int, float]] = []
    neighbours: dict[int, list[int]] = {}
    border: dict[int, list[int]] = {}
    for (a, b), corners in opposite.items():
        neighbours.setdefault(a, []).append(b)
        neighbours.setdefault(b, []).append(a)
        row = number[a, b]
        if len(corners) == 2:
            entries += [(row, a, 0.375), (row, b, 0.375)]
            entries += [(row, corner, 0.125) for corner in corners]
        else:
            border.setdefault(a, []).append(b)
            border.setdefault(b, []).append(a)
            entries += [(row, a, 0.5), (row, b, 0.5)]
    for vertex in range(count):
        if vertex in border:
            ring, share = border[vertex], 0.125
        else:
            ring = neighbours.get(vertex, [])
            share = 0.1875 if len(ring) == 3 else 0.375 / max(len(ring), 1)
        entries.append((vertex, vertex, 1.0 - share * len(ring)))
        entries += [(vertex, other, share) for other in ring]
    rows, columns, weights = zip(*entries, strict=True)
    matrix = sparse.csr_matrix((weights, (rows, columns)), shape=(count + len(number), count))
    fine = []
    for a, b, c in triangles.tolist():
        ab, bc, ca = (number[min(e), max(e)] for e in ((a, b), (b, c), (c, a)))
        fine += [(a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca)]
    return matrix, np.array(fine, dtype=np.intp)


class Spreader:
    """Carry displacements of a few vertices smoothly to all others (a biharmonic field)."""

    def __init__(self, triangles: Indices, positions: Floats) -> None:
        """Prepare a mesh.

        Args:
            triangles: (n, 3) vertex numbers.
            positions: (m, d) vertex positions, for the edges' lengths.
        """
        count = len(positions)
        ends = np.array(list(_edges(triangles)), dtype=np.intp)
        weight = 1.0 / np.maximum(
            np.linalg.norm(positions[ends[:, 0]] - positions[ends[:, 1]], axis=1), 1e-6
        )
        both = np.concatenate([ends, ends[:, ::-1]])
        adjacency = sparse.csr_matrix(
            (np.tile(weight, 2), (both[:, 0], both[:, 1])), shape=(count, count)
        )
        degree = np.asarray(adjacency.sum(axis=1)).ravel()
        scale = sparse.diags(1.0 / np.maximum(degree, 1e-12))
        laplacian = sparse.identity(count) - scale @ adjacency
        self._energy = (laplacian.T @ laplacian + 1e-9 * sparse.identity(count)).tocsr()
        self._count = count

    def __call__(self, handles: dict[int, Floats], fixed: Indices) -> Floats:
        """Return displacements (m, d): the handles' own, 0 where fixed, and smooth between."""
        known = np.unique(np.concatenate([np.array(list(handles), dtype=np.intp), fixed]))
        size = len(next(iter(handles.values())))
        field = np.zeros((self._count, size))
        for vertex, displacement in handles.items():
            field[vertex] = displacement
        free = np.setdiff1d(np.arange(self._count), known)
        right = -(self._energy[free][:, known] @ field[known])
        field[free] = linalg.spsolve(self._energy[free][:, free].tocsc(), right).reshape(-1, size)
        return field


def rasterise(
    triangles: Indices, corners: Floats, depth: Floats, values: Floats, size: tuple[int, int]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Draw triangles that carry values, the nearest on top and those seen from behind below.

    Args:
        triangles: (n, 3) vertex numbers, clockwise in the image where seen from the front.
        corners: (m, 2) image positions [px].
        depth: (m,) nearness; larger is nearer.
        values: (m, k) carried values.
        size: Height and width of the image [px].

    Returns:
        (height, width, k) interpolated values, and (height, width) whether anything was drawn.
    """
    height, width = size
    a, b, c = (corners[triangles[:, k]] for k in range(3))
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    stack = np.stack([a, b, c])
    low = np.clip(np.ceil(stack.min(axis=0) - 1e-9), 0, [width, height]).astype(np.intp)
    high = np.clip(np.floor(stack.max(axis=0) + 1e-9) + 1, 0, [width, height]).astype(np.intp)
    extent = high - low
    use = (np.abs(area) > 1e-9) & (extent > 0).all(axis=1)
    rank = np.empty(len(triangles), dtype=np.intp)
    rank[np.lexsort((depth[triangles].mean(axis=1), area > 0.0))] = np.arange(len(triangles))
    pixels: list[Indices] = []
    owners: list[Indices] = []
    shares: list[Floats] = []
    side = np.where(use, extent.max(axis=1, initial=0), 0)
    edges = [0, 3, 5, 8, 12, 20, 40, 80, max(height, width)]
    for smaller, larger in pairwise(edges):
        batch = np.flatnonzero((side > smaller) & (side <= larger))
        if not batch.size:
            continue
        steps = np.arange(side[batch].max())
        x = (low[batch, 0, None, None] + steps[None, None, :]).astype(np.float64)
        y = (low[batch, 1, None, None] + steps[None, :, None]).astype(np.float64)
        p, q, r = (corner[batch][:, :, None, None] for corner in (a, b, c))
        total = area[batch][:, None, None]
        u = ((q[:, 0] - x) * (r[:, 1] - y) - (q[:, 1] - y) * (r[:, 0] - x)) / total
        v = ((r[:, 0] - x) * (p[:, 1] - y) - (r[:, 1] - y) * (p[:, 0] - x)) / total
        inside = (u >= -1e-7) & (v >= -1e-7) & (u + v <= 1.0 + 1e-7) & (x < width) & (y < height)
        which, row, column = np.nonzero(inside)
        pixels.append((low[batch[which], 1] + row) * width + low[batch[which], 0] + column)
        owners.append(batch[which])
        shares.append(np.stack([u[inside], v[inside]], axis=1))
    image = np.zeros((height * width, values.shape[1]), dtype=np.float32)
    drawn = np.zeros(height * width, dtype=np.bool_)
    if pixels:
        pixel, owner, share = (
            np.concatenate(pixels),
            np.concatenate(owners),
            np.concatenate(shares),
        )
        order = np.argsort(rank[owner], kind="stable")
        pixel, owner, share = pixel[order], owner[order], share[order]
        top = np.zeros(height * width, dtype=np.intp)
        top[pixel] = np.arange(len(pixel))
        drawn[pixel] = True
        chosen = top[drawn]
        u, v = share[chosen, 0, None], share[chosen, 1, None]
        corner_values = values[triangles[owner[chosen]]]
        image[drawn] = (
            u * corner_values[:, 0] + v * corner_values[:, 1] + (1 - u - v) * corner_values[:, 2]
        )
    return image.reshape(height, width, -1), drawn.reshape(height, width)
