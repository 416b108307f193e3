# SPDX-License-Identifier: Apache-2.0
"""Loop subdivision keeps what it must keep."""

from __future__ import annotations

import numpy as np

from x2c_core.face import topology
from x2c_virtual_face.head.subdivision import subdivide

TETRAHEDRON = np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [2, 0, 3]])
PLACES = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])


def test_each_triangle_becomes_four_and_each_edge_a_vertex() -> None:
    faces, positions = subdivide(TETRAHEDRON, PLACES)
    assert faces.shape == (16, 3)
    assert positions.shape == (10, 3)


def test_shares_that_add_up_to_one_still_do() -> None:
    shares = np.random.default_rng(0).dirichlet(np.ones(5), size=468)
    _, finer = subdivide(topology.TRIANGLES, shares)
    np.testing.assert_allclose(finer.sum(axis=1), 1.0, atol=1e-12)


def test_a_flat_square_stays_flat_and_its_border_straight() -> None:
    square = np.array([[0.0, 0.0, 2.0], [1.0, 0.0, 2.0], [1.0, 1.0, 2.0], [0.0, 1.0, 2.0]])
    faces, positions = subdivide(np.array([[0, 1, 2], [0, 2, 3]]), square)
    np.testing.assert_allclose(positions[:, 2], 2.0)
    assert (np.sort(np.abs(positions[4:, :2] - 0.5).max(axis=1))[1:] == 0.5).all()
    assert len(faces) == 8


def test_surface_stays_closed_and_oriented() -> None:
    faces, _ = subdivide(TETRAHEDRON, PLACES)
    edges = {(int(f[k]), int(f[(k + 1) % 3])) for f in faces for k in range(3)}
    assert len(edges) == 3 * len(faces)
    assert all((b, a) in edges for a, b in edges)
