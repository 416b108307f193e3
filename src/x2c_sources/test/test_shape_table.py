# SPDX-License-Identifier: Apache-2.0
"""The table from blendshapes to controls, back, and a person's rest."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from x2c_core.control_space import controls
from x2c_sources.blendshapes.rest_shapes import RestShapes
from x2c_sources.blendshapes.shape_table import default_table, read_table, table_of
from x2c_sources.blendshapes.shapes import INPUTS, SHAPES, shape_vector
from x2c_sources.errors import ShapeTableError

TABLE = default_table()


def face(**shapes):
    """Return a face of which all shapes are known."""
    return shape_vector({**dict.fromkeys(INPUTS, 0.0), **shapes})


def deflection(**shapes):
    values, _ = TABLE.to_controls(face(**shapes))
    return dict(zip(controls.NAMES, controls.to_deflection(values), strict=True))


def test_a_face_at_rest_is_neutral():
    values, mask = TABLE.to_controls(face())
    assert values == pytest.approx(controls.NEUTRAL)
    assert mask.tolist() == [1.0] * 30


def test_every_control_has_a_shape_and_sides_mirror_each_other():
    for index, control in enumerate(controls.CONTROLS):
        assert TABLE._gains[index].any(), control.name

    def other(name):
        swap = {"Left": "Right", "Right": "Left"}
        return next((name[: -len(s)] + t for s, t in swap.items() if name.endswith(s)), name)

    rng = np.random.default_rng(1)
    for _ in range(20):
        shapes = dict(zip(SHAPES, rng.uniform(0.0, 1.0, 52), strict=True))
        # jawLeft and mouthLeft are of no side.
        sided = {other(name): value for name, value in shapes.items()}
        sided |= {"headYaw": -0.1, "headRoll": 0.2, "headPitch": 0.1}
        shapes |= {"headYaw": 0.1, "headRoll": -0.2, "headPitch": 0.1}
        straight, _ = TABLE.to_controls(face(**shapes))
        mirrored, _ = TABLE.to_controls(face(**sided))
        assert mirrored == pytest.approx(controls.mirror(straight))


def test_shapes_move_what_they_name():
    assert deflection(jawOpen=1.0)["Jaw Pitch"] == -1.0
    assert deflection(mouthSmileLeft=1.0)["Lip Corner Raise Left"] == 1.0
    assert deflection(mouthSmileLeft=1.0)["Lip Corner Raise Right"] == 0.0
    assert deflection(eyeBlinkRight=1.0)["Eyelid Upper Right"] == pytest.approx(-0.55)
    values, _ = TABLE.to_controls(face(eyeLookOutLeft=1.0, eyeLookInRight=1.0, headYaw=0.2))
    assert values[controls.index("Gaze Target Phi")] == pytest.approx(0.6)
    assert values[controls.index("Head Yaw")] == pytest.approx(0.2)


def test_controls_without_a_known_shape_are_left_to_others():
    _, mask = TABLE.to_controls(shape_vector({"jawOpen": 1.0}))
    assert [controls.NAMES[i] for i in np.flatnonzero(mask)] == ["Jaw Pitch"]


@given(st.lists(st.floats(0.0, 1.0), min_size=52, max_size=52), st.floats(-3.1, 3.1))
def test_values_stay_in_their_range(values, angle):
    angles = dict.fromkeys(("headYaw", "headPitch", "headRoll"), angle)
    values, _ = TABLE.to_controls(
        shape_vector({**dict(zip(SHAPES, values, strict=True)), **angles})
    )
    assert (values >= controls.MINIMUM - 1e-9).all()
    assert (values <= controls.MAXIMUM + 1e-9).all()


def test_shapes_of_controls_show_the_controls_again():
    rng = np.random.default_rng(2)
    for _ in range(10):
        few = rng.choice(SHAPES, 4, replace=False)
        values, _ = TABLE.to_controls(
            face(**dict(zip(few, rng.uniform(0.0, 0.6, 4), strict=True)))
        )
        again, _ = TABLE.to_controls(TABLE.to_shapes(values))
        assert controls.to_deflection(again) == pytest.approx(
            controls.to_deflection(values), abs=0.06
        )


def test_the_head_of_controls_is_head_and_neck():
    values = controls.from_names({"Head Pitch": 0.06, "Neck Pitch": 0.04, "Head Yaw": 0.2})
    shapes = dict(zip(INPUTS, TABLE.to_shapes(values), strict=True))
    assert shapes["headPitch"] == pytest.approx(0.1)
    assert shapes["headYaw"] == pytest.approx(0.2)


def test_rest_is_taken_off():
    rest = RestShapes(frames=3)
    assert rest.beyond(face(jawOpen=0.2)) == pytest.approx(face(jawOpen=0.2))
    rest.begin()
    for _ in range(3):
        rest.beyond(face(jawOpen=0.2, headYaw=0.3))
    assert not rest.collecting
    assert rest.beyond(face(jawOpen=0.2, headYaw=0.3)) == pytest.approx(face())
    assert rest.beyond(face(jawOpen=1.0, headYaw=0.3)) == pytest.approx(face(jawOpen=1.0))
    assert rest.beyond(face(jawOpen=0.0, headYaw=0.3)) == pytest.approx(face())


def test_a_robots_folder_may_have_a_table_of_its_own(tmp_path):
    (tmp_path / "blendshapes.yaml").write_text("Jaw Pitch: {jawOpen: -0.5}\n")
    values, mask = table_of(tmp_path).to_controls(face(jawOpen=1.0))
    assert controls.to_deflection(values)[controls.index("Jaw Pitch")] == -0.5
    assert mask.sum() == 1.0


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ([], "expected NAME: value"),
        ({"Jaw": {}}, "unknown control 'Jaw'"),
        ({"Jaw Pitch": 3}, "Jaw Pitch: expected NAME: value"),
        ({"Jaw Pitch": {"jawOpn": 1.0}}, "unknown shape 'jawOpn'.*jawOpen"),
        ({"Jaw Pitch": {"jawOpen": "much"}}, "expected a number from -10 to 10"),
        ({"Jaw Pitch": {"jawOpen": float("nan")}}, "expected a number from -10 to 10"),
        ({"Jaw Pitch": {"jawOpen": 1e9}}, "expected a number from -10 to 10"),
    ],
)
def test_a_wrong_table_is_refused(content, reason):
    with pytest.raises(ShapeTableError, match=reason):
        read_table(content, "table.yaml")


def test_a_table_that_is_no_yaml_is_refused(tmp_path):
    (tmp_path / "blendshapes.yaml").write_text("[")
    with pytest.raises(ShapeTableError, match=r"blendshapes\.yaml"):
        table_of(tmp_path)
