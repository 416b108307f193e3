# SPDX-License-Identifier: Apache-2.0
import dataclasses
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rclpy.node import Node
from rclpy.parameter import Parameter

from x2c_node import parameters
from x2c_node.errors import ParameterError
from x2c_node.parameters import Parameters, check, parameter, unknown


@dataclasses.dataclass(frozen=True)
class Camera(Parameters):
    device: str = parameter("0", "Camera to open.")
    mode: str = parameter("fast", "How to run.", choices=("fast", "fine"), dynamic=True)
    loop: bool = parameter(False, "Start again at the end.", dynamic=True)
    quality: int = parameter(90, "Of the JPEG [%].", minimum=1, maximum=100, dynamic=True)
    framerate: float = parameter(30.0, "Rate [Hz].", minimum=0.0, maximum=240.0, dynamic=True)
    offset: float = parameter(0.0, "Any number.")
    depth: int = parameter(1, "At least one.", minimum=1)


REFUSED = [
    ("device", 0, "parameter device: expected str, got 0 (int)"),
    ("mode", "slow", "parameter mode: expected one of fast, fine, got 'slow'"),
    ("mode", "", "parameter mode: expected one of fast, fine, got ''"),
    ("loop", 1, "parameter loop: expected bool, got 1 (int)"),
    ("loop", "true", "parameter loop: expected bool, got 'true' (str)"),
    ("quality", 0, "parameter quality: expected 1 to 100, got 0"),
    ("quality", 101, "parameter quality: expected 1 to 100, got 101"),
    ("quality", 50.0, "parameter quality: expected int, got 50.0 (float)"),
    ("quality", True, "parameter quality: expected int, got True (bool)"),
    ("framerate", -0.1, "parameter framerate: expected 0.0 to 240.0, got -0.1"),
    ("framerate", math.nan, "parameter framerate: expected a finite number, got nan"),
    ("framerate", True, "parameter framerate: expected float, got True (bool)"),
    ("framerate", "fast", "parameter framerate: expected float, got 'fast' (str)"),
    ("offset", math.inf, "parameter offset: expected a finite number, got inf"),
    ("depth", 0, "parameter depth: expected 1 to inf, got 0"),
    ("depth", None, "parameter depth: expected int, got None (NoneType)"),
    ("device", "x" * 65_537, "parameter device: expected at most 65536 characters, got 65537"),
]
IDS = [f"{name}={value!r:.20}" for name, value, _ in REFUSED]


@pytest.fixture
def make_node(ros):
    """Make a node with parameters given by the user: make_node(quality=3)."""

    def make(**given_values):
        overrides = [Parameter(name, value=value) for name, value in given_values.items()]
        return ros.add(Node("camera", parameter_overrides=overrides))

    return make


@pytest.mark.parametrize(("name", "value", "message"), REFUSED, ids=IDS)
def test_value_that_cannot_be_is_refused_with_name_value_and_expectation(name, value, message):
    with pytest.raises(ParameterError) as caught:
        check(Camera, name, value)
    assert str(caught.value) == message


@pytest.mark.parametrize("name", ["device", "mode", "framerate"])
@pytest.mark.parametrize("value", ["x" * 10_000_000, [0.5] * 10_000_000])
def test_reason_is_short_however_big_the_value_is(name, value):
    with pytest.raises(ParameterError) as caught:
        check(Camera, name, value)
    assert len(str(caught.value)) < 300


@given(st.floats())
def test_number_is_accepted_exactly_where_it_is_in_range(value):
    if 0.0 <= value <= 240.0:
        assert check(Camera, "framerate", value) == value
    else:
        with pytest.raises(ParameterError, match="framerate"):
            check(Camera, "framerate", value)


@given(st.integers())
def test_whole_number_is_accepted_exactly_where_it_is_in_range(value):
    if 1 <= value <= 100:
        assert check(Camera, "quality", value) == value
    else:
        with pytest.raises(ParameterError, match="quality: expected 1 to 100"):
            check(Camera, "quality", value)


def test_whole_number_for_a_float_becomes_one():
    value = check(Camera, "framerate", 25)
    assert (value, type(value)) == (25.0, float)


def test_every_node_has_the_base_parameters():
    assert {"autostart", "diagnostics_period"} < set(parameters.specs(Camera))


def test_defaults_are_read_back(make_node):
    node = make_node()
    assert parameters.declare(node, Camera) == {}
    assert parameters.read(node, Camera) == Camera()


def test_values_given_by_the_user_are_read(make_node):
    node = make_node(device="/dev/video2", mode="fine", loop=True, quality=3, framerate=12.5)
    assert parameters.declare(node, Camera) == {}
    expected = Camera(device="/dev/video2", mode="fine", loop=True, quality=3, framerate=12.5)
    assert parameters.read(node, Camera) == expected


def test_whole_number_given_for_a_float_is_taken(make_node):
    node = make_node(framerate=25, offset=-3)
    assert parameters.declare(node, Camera) == {}
    assert parameters.read(node, Camera) == Camera(framerate=25.0, offset=-3.0)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [one for one in REFUSED if one[1] is not None],
    ids=[one for one in IDS if "None" not in one],
)
def test_value_of_the_user_that_cannot_be_is_told_and_the_rest_declared(
    make_node, name, value, message
):
    node = make_node(**{name: value})
    assert parameters.declare(node, Camera) == {name: message}
    assert all(node.has_parameter(known) for known in parameters.specs(Camera))


def test_every_refused_value_is_told(make_node):
    node = make_node(quality=0, mode="slow", loop="yes")
    assert set(parameters.declare(node, Camera)) == {"quality", "mode", "loop"}


def test_descriptors_tell_users_what_can_be_set(make_node):
    node = make_node()
    parameters.declare(node, Camera)
    quality, mode, device, depth = node.describe_parameters(["quality", "mode", "device", "depth"])
    assert quality.description == "Of the JPEG [%]."
    assert (quality.integer_range[0].from_value, quality.integer_range[0].to_value) == (1, 100)
    assert mode.additional_constraints == "one of: fast, fine"
    assert (quality.read_only, device.read_only) == (False, True)
    assert (depth.integer_range[0].from_value, depth.integer_range[0].to_value) == (1, 2**63 - 1)


def test_parameters_cannot_be_changed_in_place():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Camera().quality = 3


def test_parameters_that_the_node_does_not_have_are_told(make_node):
    node = make_node(
        **{
            "quality": 3,
            "qualty": 3,
            "use_sim_time": False,
            "qos_overrides./image_raw.publisher.depth": 3,
        }
    )
    assert unknown(node, Camera) == ["qualty"]
