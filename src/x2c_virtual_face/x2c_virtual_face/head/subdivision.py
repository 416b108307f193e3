# SPDX-License-Identifier: Apache-2.0
"""Loop subdivision of a triangle mesh and of anything that lives on its vertices."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Faces = NDArray[np.intp]
Attributes = NDArray[np.float64]


def subdivide(faces: Faces, attributes: Attributes) -> tuple[Faces, Attributes]:
    """Split every triangle in four and smooth by Loop's rules.

    Args:
        faces: (m, 3) vertex indices.
        attributes: (n, k) values on vertices: positions, texture coordinates, weights.

    Returns:
        (4 m, 3) faces and (n + edges, k) values. The first n vertices stay the first n.
    """
    count = len(attributes)
    corners = np.stack([faces, np.roll(faces, -1, axis=1)], axis=2).reshape(-1, 2)
    opposite = np.roll(faces, -2, axis=1).reshape(-1)
    edges, edge_of = np.unique(np.sort(corners, axis=1), axis=0, return_inverse=True)
    edge_of = edge_of.reshape(-1)
    uses = np.bincount(edge_of, minlength=len(edges))
    border = uses == 1

    middle = attributes[edges].mean(axis=1)
    wings = np.zeros_like(middle)
    np.add.at(wings, edge_of, attributes[opposite])
    new = np.where(border[:, None], middle, 0.75 * middle + 0.125 * wings)

    old = _smoothed(attributes, edges, border, count)
    middle_of = (count + edge_of).reshape(-1, 3)
    ab, bc, ca = middle_of.T
    a, b, c = faces.T
    split = np.stack(
        [
            np.stack([a, ab, ca], axis=1),
            np.stack([ab, b, bc], axis=1),
            np.stack([ca, bc, c], axis=1),
            np.stack([ab, bc, ca], axis=1),
        ],
        axis=1,
    ).reshape(-1, 3)
    return split, np.concatenate([old, new])


def _smoothed(
    attributes: Attributes, edges: Faces, border: NDArray[np.bool_], count: int
) -> Attributes:
    """Move the old vertices: towards their ring inside, along the rim on a border."""
    degree = np.bincount(edges.reshape(-1), minlength=count)
    rim = np.bincount(edges[border].reshape(-1), minlength=count) > 0
    ring = _neighbour_sum(attributes, edges)
    along = _neighbour_sum(attributes, edges[border])
    valence = np.maximum(degree, 1)
    beta = (0.625 - (0.375 + 0.25 * np.cos(2.0 * np.pi / valence)) ** 2) / valence
    inside = attributes * (1.0 - valence * beta)[:, None] + ring * beta[:, None]
    return np.where(rim[:, None], 0.75 * attributes + 0.125 * along, inside)


def _neighbour_sum(attributes: Attributes, edges: Faces) -> Attributes:
    total = np.zeros_like(attributes)
    np.add.at(total, edges[:, 0], attributes[edges[:, 1]])
    np.add.at(total, edges[:, 1], attributes[edges[:, 0]])
    return total
