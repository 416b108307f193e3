# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from x2c_core.control_space import controls
from x2c_core.errors import ControlError

finite = st.floats(allow_nan=False, allow_infinity=False)
any_vector = arrays(np.float64, controls.COUNT, elements=finite)
share = st.floats(0.0, 1.0)


def in_range():
    # Both ends of a range are drawn as exactly as they are written.
    between = st.tuples(*(st.floats(one.minimum, one.maximum) for one in controls.CONTROLS))
    return between.map(np.array)


def test_thirty_controls_are_in_alphabetical_order_at_their_own_index():
    assert controls.COUNT == 30
    assert list(controls.NAMES) == sorted(controls.NAMES)
    assert [control.index for control in controls.CONTROLS] == list(range(30))


@pytest.mark.parametrize(
    ("group", "count"),
    [
        ("brow", 4),
        ("eyelid", 4),
        ("gaze", 2),
        ("head", 3),
        ("mouth", 14),
        ("neck", 2),
        ("nose", 1),
    ],
)
def test_group_has_as_many_controls_as_published(group, count):
    indices = controls.group_indices(group)
    assert len(indices) == count
    assert all(controls.CONTROLS[i].group == group for i in indices)


def test_groups_part_the_controls():
    together = np.concatenate([controls.group_indices(group) for group in controls.Group])
    assert sorted(together) == list(range(30))


def test_unknown_group_is_refused_with_the_groups_there_are():
    with pytest.raises(ControlError, match=r"'ear'.*brow, eyelid"):
        controls.group_indices("ear")


def test_index_finds_every_name():
    assert [controls.index(name) for name in controls.NAMES] == list(range(30))


def test_unknown_name_is_refused_with_the_names_there_are():
    with pytest.raises(ControlError, match=r"'Nose'.*Nose Wrinkle"):
        controls.index("Nose")


def test_slug_is_an_identifier_of_its_own():
    slugs = {control.slug for control in controls.CONTROLS}
    assert len(slugs) == 30
    assert all(slug.isidentifier() for slug in slugs)


def test_exactly_gaze_head_and_neck_are_angles():
    angles = {one.group for one in controls.CONTROLS if one.unit is controls.Unit.RADIAN}
    ratios = {one.group for one in controls.CONTROLS if one.unit is controls.Unit.RATIO}
    assert angles == {"gaze", "head", "neck"}
    assert ratios == {"brow", "eyelid", "mouth", "nose"}


def test_neutral_is_in_both_ranges():
    for lower, upper in (
        (controls.MINIMUM, controls.MAXIMUM),
        (controls.DEPLOYMENT_MINIMUM, controls.DEPLOYMENT_MAXIMUM),
    ):
        assert (lower < upper).all()
        assert (lower <= controls.NEUTRAL).all()
        assert (upper >= controls.NEUTRAL).all()


def test_deployment_range_is_inside_upstreams():
    assert (controls.DEPLOYMENT_MINIMUM >= controls.MINIMUM).all()
    assert (controls.DEPLOYMENT_MAXIMUM <= controls.MAXIMUM).all()


def test_angles_are_radians():
    phi = controls.CONTROLS[controls.index("Gaze Target Phi")]
    assert phi.maximum == pytest.approx(np.deg2rad(130))
    assert np.abs(np.concatenate([controls.MINIMUM, controls.MAXIMUM])).max() < np.pi


@pytest.mark.parametrize("name", ["NEUTRAL", "MINIMUM", "MAXIMUM", "DEPLOYMENT_MINIMUM"])
def test_shared_vectors_cannot_be_written(name):
    with pytest.raises(ValueError, match="read-only"):
        getattr(controls, name)[0] = 0.0


def test_left_and_right_are_each_others_mirror():
    for control in controls.CONTROLS:
        other = controls.CONTROLS[control.mirror]
        assert other.mirror == control.index
        swapped = {"Left": "Right", "Right": "Left"}
        words = [swapped.get(word, word) for word in control.name.split()]
        assert other.name == " ".join(words)
        assert (other.group, other.unit) == (control.group, control.unit)


@given(in_range())
def test_mirror_of_the_mirror_is_the_face_itself(values):
    assert controls.mirror(controls.mirror(values)) == pytest.approx(values, abs=1e-12)


@given(in_range())
@example(controls.MINIMUM)
@example(controls.MAXIMUM)
def test_mirror_stays_in_range(values):
    _, moved = controls.clamp(controls.mirror(values))
    assert moved == 0


def test_mirror_of_neutral_is_neutral():
    assert controls.mirror(controls.NEUTRAL) == pytest.approx(controls.NEUTRAL)


def test_mirror_turns_a_wink_to_the_other_eye_and_the_gaze_to_the_other_side():
    wink = controls.from_names({"Eyelid Upper Left": -1.0, "Gaze Target Phi": 0.3, "Jaw Yaw": 1.0})
    expected = controls.from_names(
        {"Eyelid Upper Right": -1.0, "Gaze Target Phi": -0.3, "Jaw Yaw": 0.0}
    )
    assert controls.mirror(wink) == pytest.approx(expected)


def test_mirror_keeps_nodding_and_looking_up():
    names = ("Head Pitch", "Neck Pitch", "Gaze Target Theta")
    values = controls.from_names(dict.fromkeys(names, 0.2))
    assert controls.mirror(values) == pytest.approx(values)


@pytest.mark.parametrize("name", ["Head Yaw", "Head Roll", "Neck Roll"])
def test_mirror_turns_sideways_angles_around(name):
    values = controls.from_names({name: 0.1})
    assert controls.mirror(values)[controls.index(name)] == pytest.approx(-0.1)


@given(in_range())
def test_deflection_of_a_face_in_range_is_a_share_and_gives_the_face_back(values):
    deflection = controls.to_deflection(values)
    assert (np.abs(deflection) <= 1.0).all()
    assert controls.from_deflection(deflection) == pytest.approx(values, abs=1e-12)


@given(in_range())
@example(controls.MINIMUM)
@example(controls.MAXIMUM)
def test_face_from_its_deflection_is_in_range(values):
    assert controls.clamp(controls.from_deflection(controls.to_deflection(values)))[1] == 0


def test_deflection_is_zero_at_neutral_and_one_at_the_ends():
    assert (controls.to_deflection(controls.NEUTRAL) == 0.0).all()
    up, down = controls.MAXIMUM > controls.NEUTRAL, controls.MINIMUM < controls.NEUTRAL
    assert controls.to_deflection(controls.MAXIMUM)[up] == pytest.approx(1.0)
    assert controls.to_deflection(controls.MINIMUM)[down] == pytest.approx(-1.0)


@pytest.mark.parametrize(("name", "direction"), [("Nose Wrinkle", -1.0), ("Jaw Pitch", 1.0)])
def test_control_that_is_neutral_at_its_end_does_not_go_on(name, direction):
    deflection = np.zeros(30)
    deflection[controls.index(name)] = direction
    assert (controls.from_deflection(deflection) == controls.NEUTRAL).all()


@given(any_vector)
def test_deflection_of_anything_finite_is_finite(values):
    with np.errstate(over="ignore"):
        deflection = controls.to_deflection(np.clip(values, -1e300, 1e300))
    assert np.isfinite(deflection).all()


@given(any_vector)
def test_clamped_values_are_in_range_and_counted(values):
    clamped, moved = controls.clamp(values)
    assert (clamped >= controls.MINIMUM).all()
    assert (clamped <= controls.MAXIMUM).all()
    assert moved == np.count_nonzero((values < controls.MINIMUM) | (values > controls.MAXIMUM))


@given(in_range())
def test_clamp_leaves_values_in_range_alone(values):
    clamped, moved = controls.clamp(values)
    assert moved == 0
    assert (clamped == values).all()


@given(any_vector)
def test_clamp_to_another_range(values):
    clamped, _ = controls.clamp(values, controls.DEPLOYMENT_MINIMUM, controls.DEPLOYMENT_MAXIMUM)
    assert (clamped >= controls.DEPLOYMENT_MINIMUM).all()
    assert (clamped <= controls.DEPLOYMENT_MAXIMUM).all()


def test_clamp_leaves_what_it_was_given_alone():
    values = np.full(30, 1e9)
    controls.clamp(values)
    assert (values == 1e9).all()


@given(arrays(np.float64, (4, 30), elements=st.floats(-1e6, 1e6)))
def test_degrees_and_radians_give_each_other_back(values):
    there = controls.to_upstream(controls.from_upstream(values))
    assert there == pytest.approx(values, rel=1e-12, abs=1e-12)


def test_upstream_holds_degrees_for_angles_and_ratios_as_they_are():
    upstream = controls.to_upstream(controls.MAXIMUM)
    assert upstream[controls.index("Head Pitch")] == pytest.approx(20.0)
    assert upstream[controls.index("Eyelid Upper Left")] == 2.0


@pytest.mark.parametrize("convert", [controls.to_upstream, controls.from_upstream])
@pytest.mark.parametrize("values", [0.0, [], np.zeros(29), np.zeros((30, 2))])
def test_conversion_of_other_lengths_is_refused(convert, values):
    with pytest.raises(ControlError, match="expected 30 control values on the last axis"):
        convert(values)


TAKING_VECTORS = [
    controls.vector,
    controls.clamp,
    controls.to_deflection,
    controls.from_deflection,
    controls.mirror,
]


@pytest.mark.parametrize("function", TAKING_VECTORS)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", ["Brow Inner Left", "Jaw Yaw", "Nose Wrinkle"])
def test_value_that_is_not_finite_is_refused_by_name(function, bad, name):
    values = controls.NEUTRAL.copy()
    values[controls.index(name)] = bad
    with pytest.raises(ControlError, match=f"finite, got {name}={bad}"):
        function(values)


@pytest.mark.parametrize("function", TAKING_VECTORS)
@pytest.mark.parametrize("shape", [(), (0,), (29,), (31,), (30, 1), (1, 30)])
def test_wrong_shape_is_refused_with_the_shape(function, shape):
    with pytest.raises(ControlError, match="expected 30") as caught:
        function(np.zeros(shape))
    assert str(shape) in str(caught.value)


@pytest.mark.parametrize("values", ["smile", [[0.0], [0.0, 1.0]], ["a"] * 30, {"Jaw Yaw": 1.0}])
def test_what_is_no_list_of_numbers_is_refused(values):
    with pytest.raises(ControlError, match="expected 30"):
        controls.vector(values)


def test_vector_is_a_copy_that_can_be_written():
    values = controls.vector(controls.NEUTRAL)
    values[0] = 0.0
    assert controls.NEUTRAL[0] != 0.0


@given(st.dictionaries(st.sampled_from(controls.NAMES), finite))
def test_named_values_are_set_and_the_rest_is_neutral(values):
    face = controls.from_names(values)
    for control in controls.CONTROLS:
        assert face[control.index] == values.get(control.name, control.neutral)


def test_unknown_name_among_named_values_is_refused():
    with pytest.raises(ControlError, match="'Smile'"):
        controls.from_names({"Smile": 1.0})


def test_named_value_that_is_not_finite_is_refused_by_name():
    with pytest.raises(ControlError, match="Jaw Pitch=nan"):
        controls.from_names({"Jaw Pitch": float("nan")})


def test_named_value_that_is_no_number_is_refused_by_name():
    with pytest.raises(ControlError, match=r"Jaw Pitch.*'open'"):
        controls.from_names({"Jaw Pitch": "open"})
