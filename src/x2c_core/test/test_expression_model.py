# SPDX-License-Identifier: Apache-2.0
import pickle
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from x2c_core.control_space import controls
from x2c_core.errors import ControlError, OutputError, RobotError
from x2c_core.face import topology
from x2c_core.face.expression_model import (
    ExpressionModel,
    load_expression_model,
)

SHAPES = {
    "neutral": (478, 3),
    "up": (30, 478, 3),
    "down": (30, 478, 3),
    "turn_up": (30, 3),
    "turn_down": (30, 3),
}
one_way = arrays(np.float64, 30, elements=st.floats(-1.0, 1.0)).map(
    lambda gone: np.stack([np.maximum(gone, 0.0), np.maximum(-gone, 0.0)])
)


def random_arrays():
    rng = np.random.default_rng(1)
    return {name: rng.normal(size=shape) for name, shape in SHAPES.items()}


MODEL = ExpressionModel(**random_arrays())


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "model.npz"
    MODEL.save(path)
    return path


def test_neutral_controls_give_the_neutral_face():
    assert (MODEL.landmarks(controls.NEUTRAL) == MODEL.neutral).all()


@pytest.mark.parametrize("name", ["Brow Inner Left", "Gaze Target Phi", "Head Pitch"])
def test_control_at_an_end_moves_the_face_by_its_displacement(name):
    place = controls.index(name)
    one = controls.CONTROLS[place]
    high = MODEL.landmarks(controls.from_names({name: one.maximum}))
    low = MODEL.landmarks(controls.from_names({name: one.minimum}))
    assert high - MODEL.neutral == pytest.approx(MODEL.up[place])
    assert low - MODEL.neutral == pytest.approx(MODEL.down[place])


@given(one_way, st.floats(0.0, 1.0))
def test_landmarks_move_in_proportion_to_the_way_gone(gone, share):
    full = MODEL.landmarks(controls.from_ways(gone)) - MODEL.neutral
    part = MODEL.landmarks(controls.from_ways(share * gone)) - MODEL.neutral
    assert part == pytest.approx(share * full, abs=1e-9)


@given(one_way)
def test_ways_and_values_are_inverse_to_each_other(gone):
    # Two controls are neutral at an end and cannot go on there.
    room = np.stack([controls.MAXIMUM > controls.NEUTRAL, controls.NEUTRAL > controls.MINIMUM])
    assert controls.ways(controls.from_ways(gone * room)) == pytest.approx(gone * room, abs=1e-9)


def test_a_lid_is_at_its_end_when_it_is_shut():
    name = "Eyelid Upper Left"
    shut, further = (MODEL.landmarks(controls.from_names({name: v})) for v in (0.0, -1.0))
    assert shut == pytest.approx(further)
    assert shut - MODEL.neutral == pytest.approx(MODEL.down[controls.index(name)])


@pytest.mark.parametrize("name", ["Jaw Pitch", "Gaze Target Phi", "Head Pitch"])
def test_control_at_an_end_seems_to_turn_the_head(name):
    place = controls.index(name)
    one = controls.CONTROLS[place]
    if one.maximum > one.neutral:
        high = MODEL.turn(controls.from_names({name: one.maximum}))
        assert high == pytest.approx(MODEL.turn_up[place])
    low = MODEL.turn(controls.from_names({name: one.minimum}))
    assert low == pytest.approx(MODEL.turn_down[place])


def test_without_an_apparent_turn_there_is_none():
    model = ExpressionModel(topology.REFERENCE, MODEL.up, MODEL.down)
    assert not model.turn(controls.from_names({"Jaw Pitch": 0.0, "Head Yaw": 0.2})).any()


@pytest.mark.parametrize("ask", [MODEL.landmarks, MODEL.turn])
def test_control_values_that_are_not_finite_are_refused(ask):
    with pytest.raises(ControlError, match="finite"):
        ask(np.full(30, np.nan))


def test_saved_model_is_loaded_as_it_was(saved):
    loaded = load_expression_model(saved)
    for name in SHAPES:
        assert getattr(loaded, name) == pytest.approx(getattr(MODEL, name), abs=1e-6)


def test_saving_replaces_an_older_model(saved):
    ExpressionModel(topology.REFERENCE, MODEL.up, MODEL.down).save(saved)
    assert load_expression_model(saved).neutral == pytest.approx(topology.REFERENCE, abs=1e-6)


def test_saving_that_is_broken_off_leaves_the_older_model(saved, monkeypatch):
    def full_disk(file, **_):
        file.write(b"PK")
        raise OSError("No space left on device")

    monkeypatch.setattr(np, "savez_compressed", full_disk)
    with pytest.raises(OutputError, match="No space left"):
        MODEL.save(saved)
    assert load_expression_model(saved).neutral == pytest.approx(MODEL.neutral, abs=1e-6)


def test_model_cannot_be_changed():
    for name in SHAPES:
        with pytest.raises(ValueError, match="read-only"):
            getattr(MODEL, name)[0] = 0.0


def test_model_does_not_share_the_arrays_it_is_made_of():
    given_arrays = random_arrays()
    model = ExpressionModel(**given_arrays)
    given_arrays["neutral"][:] = 0.0
    assert model.neutral.any()


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("shape", [(0,), (478,), (30, 468, 3)])
def test_wrong_shape_is_refused_by_name_with_both_shapes(name, shape):
    with pytest.raises(RobotError, match=f"{name} has shape") as caught:
        ExpressionModel(**{**random_arrays(), name: np.zeros(shape)})
    assert str(shape) in str(caught.value)
    assert str(SHAPES[name]) in str(caught.value)


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_numbers_that_are_not_finite_are_refused_by_name(name, bad):
    broken = random_arrays()
    broken[name].flat[50] = bad
    with pytest.raises(RobotError, match=f"{name} holds NaN or infinity"):
        ExpressionModel(**broken)


def test_wrong_shape_in_a_file_is_refused_with_the_path(tmp_path):
    path = tmp_path / "model.npz"
    np.savez(path, **{**random_arrays(), "up": np.zeros((29, 478, 3))})
    with pytest.raises(RobotError, match=r"model\.npz: .*up has the shape \(29, 478, 3\)"):
        load_expression_model(path)


@pytest.mark.parametrize("name", SHAPES)
def test_missing_array_is_refused_by_name(tmp_path, name):
    path = tmp_path / "model.npz"
    np.savez(path, **{key: value for key, value in random_arrays().items() if key != name})
    with pytest.raises(RobotError, match=rf"model\.npz.*{name}"):
        load_expression_model(path)


def test_array_of_text_is_refused(tmp_path):
    path = tmp_path / "model.npz"
    np.savez(path, **{**random_arrays(), "neutral": np.full((478, 3), "left")})
    with pytest.raises(RobotError, match=r"model\.npz"):
        load_expression_model(path)


def test_missing_file_is_refused_with_the_path_and_what_to_do(tmp_path):
    with pytest.raises(
        RobotError, match=r"nothing\.npz: copy the shared one.* or make.*'x2c fit'"
    ):
        load_expression_model(tmp_path / "nothing.npz")


def test_folder_in_its_place_is_refused(tmp_path):
    with pytest.raises(RobotError, match="cannot read the expression model"):
        load_expression_model(tmp_path)


@pytest.mark.parametrize(
    "content", [b"", b"garbage", b"PK\x03\x04garbage", b"\x93NUMPY\x01\x00garbage", bytes(10_000)]
)
def test_garbage_is_refused(tmp_path, content):
    path = tmp_path / "model.npz"
    path.write_bytes(content)
    with pytest.raises(RobotError, match="cannot read the expression model"):
        load_expression_model(path)


def test_single_array_is_refused(tmp_path):
    path = tmp_path / "model.npz"
    with path.open("wb") as file:
        np.save(file, np.zeros((478, 3)))
    with pytest.raises(RobotError, match="cannot read the expression model"):
        load_expression_model(path)


@pytest.mark.parametrize("share", [0.01, 0.5, 0.9, 0.999])
def test_truncated_file_is_refused(saved, share):
    content = saved.read_bytes()
    saved.write_bytes(content[: int(share * len(content))])
    with pytest.raises(RobotError, match="cannot read the expression model"):
        load_expression_model(saved)


@given(place=st.integers(0, 10**6), flipped=st.integers(1, 255))
def test_damaged_file_is_refused_or_gives_a_whole_model(tmp_path_factory, place, flipped):
    folder = tmp_path_factory.mktemp("damaged")
    path = folder / "model.npz"
    zeros = {name: np.zeros(shape, dtype=np.float32) for name, shape in SHAPES.items()}
    np.savez_compressed(path, **zeros)
    content = bytearray(path.read_bytes())
    content[place % len(content)] ^= flipped
    path.write_bytes(content)
    try:
        model = load_expression_model(path)
    except RobotError:
        return
    assert np.isfinite(model.neutral).all()


class Trap:
    """Unpickling it would leave a trace."""

    def __init__(self, trace):
        self.trace = trace

    def __reduce__(self):
        return (type(self.trace).touch, (self.trace,))


def test_pickle_is_never_unpickled(tmp_path):
    trace, path = tmp_path / "trace", tmp_path / "model.npz"
    path.write_bytes(pickle.dumps({"neutral": Trap(trace)}))
    with pytest.raises(RobotError, match="cannot read the expression model"):
        load_expression_model(path)
    assert not trace.exists()


def test_pickle_inside_an_archive_is_never_unpickled(tmp_path):
    trace, path = tmp_path / "trace", tmp_path / "model.npz"
    np.savez(path, **{**random_arrays(), "neutral": np.array([Trap(trace)], dtype=object)})
    with pytest.raises(RobotError, match="cannot read the expression model"):
        load_expression_model(path)
    assert not trace.exists()


def test_file_that_is_no_array_in_an_archive_is_refused(tmp_path):
    path = tmp_path / "model.npz"
    with zipfile.ZipFile(path, "w") as archive:
        for name in SHAPES:
            archive.writestr(name, "text")
    with pytest.raises(RobotError, match=r"model\.npz"):
        load_expression_model(path)


def test_controls_that_are_left_out_do_nothing():
    model = ExpressionModel(**random_arrays())
    kept = np.zeros(controls.COUNT, dtype=bool)
    kept[controls.index("Jaw Pitch")] = True
    only_jaw = model.of_controls(kept)
    jaw = controls.from_names({"Jaw Pitch": 0.3})
    both = controls.from_names({"Jaw Pitch": 0.3, "Nose Wrinkle": 0.8})
    np.testing.assert_allclose(only_jaw.landmarks(both), model.landmarks(jaw))
    np.testing.assert_allclose(only_jaw.turn(both), model.turn(jaw))


def test_ways_are_those_of_the_values_that_go_them():
    rng = np.random.default_rng(3)
    gone = rng.random((2, controls.COUNT)) * (rng.random((2, controls.COUNT)) < 0.6)
    # Where a control cannot go, no way goes.
    gone *= [controls.MAXIMUM > controls.NEUTRAL, controls.MINIMUM < controls.NEUTRAL]
    np.testing.assert_allclose(
        controls.net_ways(gone), controls.ways(controls.from_ways(gone)), rtol=0, atol=1e-12
    )
