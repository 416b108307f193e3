# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from x2c_core.control_space import controls
from x2c_core.control_space.controls import Group
from x2c_core.face import topology
from x2c_core.face.head_pose import FACING, HeadPose
from x2c_core.images import theme
from x2c_core.images.theme import put_text
from x2c_evaluation.run_report import face_drawing
from x2c_evaluation.run_report.panels import ControlBars, fit_image


def empty(width=200, height=100):
    return np.zeros((height, width, 3), np.uint8)


@settings(deadline=None)
@given(width=st.integers(1, 900), height=st.integers(1, 900))
def test_an_image_of_any_size_fits_and_keeps_its_shape(width, height):
    panel = empty(120, 90)
    place = fit_image(panel, np.full((height, width, 3), 255, np.uint8))
    assert place.scale == pytest.approx(min(120 / width, 90 / height))
    corners = place.apply([[-0.5, -0.5], [width - 0.5, height - 0.5]])
    assert (corners >= -1.5).all()
    assert (corners[1] <= (120.5, 90.5)).all()
    assert (panel[44:47, 59:62] == 255).any()


def test_bars_run_from_neutral_to_the_value_in_the_groups_colour():
    bars, panel = ControlBars(1264, 146), empty(1264, 146)
    bars.draw(panel, controls.from_names({"Nose Wrinkle": 1.0}))
    coloured = {
        group: int((panel == theme.bgr(theme.GROUP_COLOURS[group])).all(axis=2).sum())
        for group in Group
    }
    bars.draw(panel, None)
    before = {
        group: int((panel == theme.bgr(theme.GROUP_COLOURS[group])).all(axis=2).sum())
        for group in Group
    }
    longer = {group for group in Group if coloured[group] > before[group] + 300}
    assert longer == {Group.NOSE}


@settings(deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=controls.COUNT, max_size=controls.COUNT))
def test_bars_of_any_values_stay_in_the_panel(values):
    ControlBars(1264, 146).draw(empty(1264, 146), values)


@given(
    text=st.text(st.characters(codec="ascii", categories=["L", "N", "P", "Zs"]), max_size=12),
    x=st.integers(-300, 300),
    y=st.integers(-300, 300),
    align=st.sampled_from(["left", "right", "centre"]),
)
@settings(deadline=None)
def test_text_anywhere_is_cut_at_the_edges(text, x, y, align):
    put_text(empty(), text, x, y, 14, theme.TEXT, align)


def test_text_is_seen():
    image = empty()
    put_text(image, "tracking", 10, 50, 16, "#ff0000")
    assert image[:, :, 2].max() > 200
    assert image[:, :, :2].max() == 0


def test_the_mesh_has_every_edge_once():
    edges = {
        tuple(sorted(pair))
        for a, b, c in topology.TRIANGLES.tolist()
        for pair in ((a, b), (b, c), (c, a))
    }
    drawn = [
        tuple(sorted(pair))
        for trail in face_drawing._MESH
        for pair in zip(trail.tolist(), trail.tolist()[1:], strict=False)
    ]
    assert len(drawn) == len(edges)
    assert set(drawn) == edges


def test_a_face_is_drawn_where_it_is():
    image = empty(400, 300)
    points = HeadPose(FACING, np.array([200.0, 120.0, 0.0]), 40.0).to_pixels(topology.REFERENCE)
    face_drawing.draw_face(image, points)
    ys, xs = np.nonzero(image.any(axis=2))
    low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
    assert xs.min() >= low[0] - 4
    assert xs.max() <= high[0] + 4
    assert ys.min() >= low[1] - 4
    assert ys.max() <= high[1] + 4


@settings(deadline=None)
@given(
    x=st.floats(-1e7, 1e7), y=st.floats(-1e7, 1e7), scale=st.floats(1e-3, 1e5), bad=st.booleans()
)
def test_a_face_anywhere_is_no_problem(x, y, scale, bad):
    points = HeadPose(FACING, np.array([x, y, 0.0]), scale).to_pixels(topology.REFERENCE)
    if bad:
        points[7] = np.nan
    face_drawing.draw_face(empty(), points)
