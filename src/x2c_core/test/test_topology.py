# SPDX-License-Identifier: Apache-2.0
from collections import Counter

import numpy as np
import pytest

from x2c_core.face import topology
from x2c_core.face.topology import MIRROR, REFERENCE, SKIN_COUNT, TRIANGLES

SIDED = ["IRIS", "EYE_UPPER", "EYE_LOWER", "BROW_UPPER", "BROW_LOWER"]
CROSSING = ["LIP_UPPER_OUTER", "LIP_UPPER_INNER", "LIP_LOWER_INNER", "LIP_LOWER_OUTER"]
PATHS = [
    f"{part}_{side}{edge}"
    for side in ("LEFT", "RIGHT")
    for part, edge in (("EYE", "_UPPER"), ("EYE", "_LOWER"), ("BROW", "_UPPER"))
]


def directed_edges():
    return [(int(t[i]), int(t[(i + 1) % 3])) for t in TRIANGLES for i in range(3)]


def boundary_loops():
    """Return the loops of edges that belong to one triangle only, each as its landmarks."""
    edges = set(directed_edges())
    following = {a: b for a, b in edges if (b, a) not in edges}
    loops = []
    while following:
        start, loop = next(iter(following)), []
        while start in following:
            loop.append(start)
            start = following.pop(start)
        loops.append(loop)
    return loops


def region(name, side):
    part, *edge = name.split("_")
    return getattr(topology, "_".join([part, side, *edge]))


def test_triangles_use_every_skin_landmark_and_no_iris():
    assert TRIANGLES.shape == (852, 3)
    assert sorted(set(TRIANGLES.ravel())) == list(range(SKIN_COUNT))


def test_triangles_are_a_consistently_oriented_manifold():
    # With the same orientation everywhere, two neighbours pass their edge in opposite ways.
    assert max(Counter(directed_edges()).values()) == 1
    edges = set(directed_edges())
    starts = Counter(a for a, b in edges if (b, a) not in edges)
    assert max(starts.values()) == 1, "the boundary touches itself"


def test_no_triangle_is_degenerate():
    corners = REFERENCE[TRIANGLES]
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    assert (np.linalg.norm(cross, axis=1) > 1e-7).all()


def test_boundary_is_exactly_oval_eyes_and_mouth():
    expected = [
        topology.OVAL,
        np.concatenate([topology.EYE_LEFT_UPPER, topology.EYE_LEFT_LOWER]),
        np.concatenate([topology.EYE_RIGHT_UPPER, topology.EYE_RIGHT_LOWER]),
        np.concatenate([topology.LIP_UPPER_INNER, topology.LIP_LOWER_INNER]),
    ]
    loops = boundary_loops()
    assert len(loops) == 4
    assert {frozenset(loop) for loop in loops} == {frozenset(part.tolist()) for part in expected}


def test_euler_characteristic_is_that_of_a_disc_with_three_holes():
    undirected = {frozenset(edge) for edge in directed_edges()}
    assert SKIN_COUNT - len(undirected) + len(TRIANGLES) == 1 - 3


def test_triangles_face_outwards():
    corners = REFERENCE[TRIANGLES]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    outwards = corners.mean(axis=1) - [-1.0, 0.0, -0.3]
    assert ((normals * outwards).sum(axis=1) > 0.0).mean() > 0.98


def test_oval_goes_around_in_order():
    edges = {frozenset(edge) for edge in directed_edges()}
    around = zip(topology.OVAL, np.roll(topology.OVAL, -1), strict=True)
    assert all(frozenset(map(int, pair)) in edges for pair in around)


def test_mirror_is_an_involution():
    assert (MIRROR[MIRROR] == np.arange(topology.COUNT)).all()


def test_mirror_keeps_skin_and_irises_apart():
    assert (MIRROR[:SKIN_COUNT] < SKIN_COUNT).all()


def test_mirror_maps_nearly_all_edges_to_edges():
    edges = {frozenset(edge) for edge in directed_edges()}
    mapped = [frozenset(int(MIRROR[i]) for i in edge) for edge in edges]
    # MediaPipe's own mesh cuts a few quadrilaterals along other diagonals left than right.
    assert np.mean([edge in edges for edge in mapped]) > 0.98


def test_mirror_leaves_the_middle_where_it_is():
    assert (MIRROR[topology.NOSE_BRIDGE] == topology.NOSE_BRIDGE).all()
    assert (MIRROR[[10, 152, 0, 13, 14, 17, 2]] == [10, 152, 0, 13, 14, 17, 2]).all()


def test_reference_is_symmetric():
    assert REFERENCE.shape == (topology.COUNT, 3)
    assert REFERENCE[MIRROR] * [1.0, -1.0, 1.0] == pytest.approx(REFERENCE, abs=1e-6)


def test_reference_is_in_the_head_frame():
    left = REFERENCE[[362, 263]].mean(axis=0)
    right = REFERENCE[[133, 33]].mean(axis=0)
    assert (left + right) / 2.0 == pytest.approx(np.zeros(3), abs=0.02)
    assert np.linalg.norm(left - right) == pytest.approx(1.0, abs=1e-3)
    assert left[1] > 0.4
    assert REFERENCE[10, 2] > 0.5 > -0.5 > REFERENCE[152, 2]
    assert REFERENCE[4, 0] == pytest.approx(REFERENCE[:, 0].max(), abs=1e-6)


@pytest.mark.parametrize("name", SIDED)
def test_left_is_at_positive_y(name):
    assert (REFERENCE[region(name, "LEFT"), 1] > 0.0).all()
    assert (REFERENCE[region(name, "RIGHT"), 1] < 0.0).all()


@pytest.mark.parametrize("name", [name for name in SIDED if name != "IRIS"])
def test_left_and_right_regions_mirror_each_other_in_order(name):
    assert (MIRROR[region(name, "LEFT")] == region(name, "RIGHT")).all()


def test_irises_mirror_each_other_centre_first():
    assert MIRROR[topology.IRIS_LEFT[0]] == topology.IRIS_RIGHT[0]
    assert set(MIRROR[topology.IRIS_LEFT]) == set(topology.IRIS_RIGHT)


@pytest.mark.parametrize("name", CROSSING)
def test_lips_run_from_the_right_corner_to_the_left(name):
    path = getattr(topology, name)
    assert (np.diff(REFERENCE[path, 1]) > 0.0).all()
    assert (MIRROR[path] == path[::-1]).all()


def test_oval_mirrors_itself():
    assert (MIRROR[topology.OVAL] == np.roll(topology.OVAL[::-1], 1)).all()


@pytest.mark.parametrize("name", PATHS)
def test_eyes_and_brows_run_outwards(name):
    assert (np.diff(np.abs(REFERENCE[getattr(topology, name), 1])) > 0.0).all()


def test_upper_lids_are_above_lower_lids_and_brows_above_both():
    for side in ("LEFT", "RIGHT"):
        upper = REFERENCE[region("EYE_UPPER", side)[1:-1], 2]
        lower = REFERENCE[region("EYE_LOWER", side)[1:-1], 2]
        brow = REFERENCE[region("BROW_LOWER", side), 2]
        assert (upper > lower).all()
        assert brow.min() > upper.max() - 0.01


def test_reference_mouth_is_closed_and_level():
    upper, lower = topology.LIP_UPPER_INNER, topology.LIP_LOWER_INNER
    opening = REFERENCE[upper, 2] - REFERENCE[lower, 2]
    assert (opening >= 0.0).all()
    assert opening.max() < 0.02
    assert np.ptp(REFERENCE[upper, 2]) < 0.03


def test_irises_are_between_the_lids():
    for side in ("LEFT", "RIGHT"):
        iris = REFERENCE[region("IRIS", side)[0]]
        corners = REFERENCE[region("EYE_UPPER", side)[[0, -1]]]
        assert corners[:, 1].min() < iris[1] < corners[:, 1].max()


@pytest.mark.parametrize("name", ["TRIANGLES", "MIRROR", "REFERENCE", "OVAL", "EYE_LEFT_UPPER"])
def test_shared_arrays_cannot_be_written(name):
    with pytest.raises(ValueError, match="read-only"):
        getattr(topology, name)[0] = 0
