# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("scipy")
from performer.mesh import Spreader, rasterise, subdivide
from x2c_core.face import topology

SQUARE = np.array([[0.0, 0.0], [8.0, 0.0], [8.0, 8.0], [0.0, 8.0]])
TWO = np.array([[0, 1, 2], [0, 2, 3]])


def test_subdivision_quarters_triangles_and_keeps_planes() -> None:
    matrix, fine = subdivide(topology.TRIANGLES, topology.SKIN_COUNT)
    assert len(fine) == 4 * len(topology.TRIANGLES)
    np.testing.assert_allclose(matrix.sum(axis=1), 1.0)


def test_spreading_meets_the_handles_and_what_is_fixed() -> None:
    triangles, points = topology.TRIANGLES, topology.REFERENCE[: topology.SKIN_COUNT]
    field = Spreader(triangles, points)({4: np.array([0.0, 0.0, 1.0])}, topology.OVAL)
    np.testing.assert_allclose(field[4], [0.0, 0.0, 1.0])
    np.testing.assert_allclose(field[topology.OVAL], 0.0)
    assert np.abs(field).max() < 1.5


@given(st.floats(-0.4, 0.4), st.floats(-0.4, 0.4))
def test_rasterising_interpolates_positions_exactly(x: float, y: float) -> None:
    corners = SQUARE + np.array([x, y])
    where, drawn = rasterise(TWO, corners, np.zeros(4), corners, (9, 9))
    rows, columns = np.nonzero(drawn)
    assert drawn[1:8, 1:8].all()
    np.testing.assert_allclose(where[rows, columns], np.column_stack([columns, rows]), atol=1e-5)


def test_the_nearest_triangle_is_on_top() -> None:
    corners = np.concatenate([SQUARE, SQUARE])
    triangles = np.concatenate([TWO, TWO + 4])
    values = np.repeat([[1.0], [2.0]], 4, axis=0)
    depth = np.repeat([5.0, 1.0], 4)
    image, _ = rasterise(triangles, corners, depth, values, (9, 9))
    assert (image == 1.0).all()


def test_triangles_seen_from_behind_lie_below() -> None:
    corners = np.concatenate([SQUARE, SQUARE])
    triangles = np.concatenate([TWO, TWO[:, ::-1] + 4])
    values = np.repeat([[1.0], [2.0]], 4, axis=0)
    depth = np.repeat([1.0, 5.0], 4)
    image, _ = rasterise(triangles, corners, depth, values, (9, 9))
    assert (image == 1.0).all()


def test_nothing_is_drawn_outside_the_image() -> None:
    _, drawn = rasterise(TWO, SQUARE + 100.0, np.zeros(4), SQUARE, (9, 9))
    assert not drawn.any()
