# SPDX-License-Identifier: Apache-2.0
"""Options of a chosen implementation as parameters of its node."""

import dataclasses

import pytest
from rclpy.parameter import Parameter

from x2c_core.errors import X2CError
from x2c_core.system.fields import NoOptions
from x2c_node.managed_node import ManagedNode
from x2c_node.parameters import Parameters, parameter


@dataclasses.dataclass(frozen=True)
class LampParameters(Parameters):
    kind: str = parameter("", "Kind of lamp.")
    rate: float = parameter(1.0, "Rate [Hz].")


@dataclasses.dataclass(frozen=True)
class RedOptions:
    warmth: float = parameter(0.5, "Warmth [ratio].", minimum=0.0, maximum=1.0, dynamic=True)
    rate: float = parameter(9.0, "The node's own rate [Hz].")


@dataclasses.dataclass(frozen=True)
class ClashingOptions:
    rate: str = parameter("fast", "Of another type than the node's.")


KNOWN = {"": NoOptions, "red": RedOptions, "clashing": ClashingOptions}


def chosen(params):
    if params.kind not in KNOWN:
        raise X2CError(f"unknown lamp {params.kind!r}")
    return KNOWN[params.kind]


@pytest.fixture
def make_lamp(ros):
    def make(**given_values):
        overrides = [Parameter(name, value=value) for name, value in given_values.items()]
        return ros.add(
            ManagedNode("lamp", LampParameters, option_class=chosen, parameter_overrides=overrides)
        )

    return make


def test_options_of_what_is_chosen_are_parameters(make_lamp):
    lamp = make_lamp(kind="red", warmth=0.75)
    assert lamp.options == RedOptions(warmth=0.75, rate=1.0)
    (described,) = lamp.describe_parameters(["warmth"])
    assert described.description == "Warmth [ratio]."
    assert lamp.start()


def test_what_comes_later_is_found_when_the_node_is_configured_again(make_lamp, monkeypatch):
    lamp = make_lamp(kind="late", warmth=0.25)
    assert not lamp.start()
    monkeypatch.setitem(KNOWN, "late", RedOptions)
    assert lamp.start()
    assert lamp.options.warmth == 0.25


def test_options_of_what_is_not_chosen_are_not(make_lamp):
    lamp = make_lamp()
    assert lamp.options == NoOptions()
    assert not lamp.has_parameter("warmth")


@pytest.mark.parametrize(
    ("given_values", "reason"),
    [
        ({"kind": "red", "warmth": "hot"}, "parameter warmth: expected float, got 'hot' (str)"),
        ({"kind": "red", "warmth": 2.0}, "parameter warmth: expected 0.0 to 1.0, got 2.0"),
        ({"kind": "blue"}, "unknown lamp 'blue'"),
        ({"kind": "clashing"}, "parameter rate: expected str, got 1.0 (float)"),
    ],
)
def test_an_option_that_cannot_be_keeps_the_node_from_its_configuration(
    make_lamp, given_values, reason
):
    lamp = make_lamp(**given_values)
    assert not lamp.start()
    assert lamp.fault == f"cannot configure: {reason}"


def test_a_dynamic_option_is_checked_and_taken_while_the_node_runs(make_lamp):
    lamp = make_lamp(kind="red")
    (good,) = lamp.set_parameters([Parameter("warmth", value=1.0)])
    (bad,) = lamp.set_parameters([Parameter("warmth", value=3.0)])
    assert (good.successful, bad.successful) == (True, False)
    assert lamp.options.warmth == 1.0
