# SPDX-License-Identifier: Apache-2.0
"""Parameters of running nodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import yaml
from rcl_interfaces.msg import ParameterType
from rcl_interfaces.srv import DescribeParameters, GetParameters, ListParameters, SetParameters
from rclpy.parameter import Parameter, parameter_value_to_python

from x2c_cli.bus.connection import Bus, domain
from x2c_cli.errors import BusError
from x2c_core.words import did_you_mean

_KINDS: dict[int, tuple[type | tuple[type, ...], str]] = {
    ParameterType.PARAMETER_BOOL: (bool, "true or false"),
    ParameterType.PARAMETER_INTEGER: (int, "a whole number"),
    ParameterType.PARAMETER_DOUBLE: ((int, float), "a number"),
    ParameterType.PARAMETER_STRING: (str, "a text"),
}

_LARGEST = 2**63 - 1


def find_node(bus: Bus, name: str) -> str:
    """Return the full name of a node, given with or without its namespace.

    Raises:
        BusError: There is none of this name, or there are several; the text says which.
    """
    wanted = f"/{name.strip('/')}"

    def fitting() -> list[str]:
        return [one for one in bus.nodes() if one == wanted or one.endswith(wanted)]

    bus.settle(fitting)
    found, there = fitting(), bus.nodes()
    if wanted in found:
        return wanted
    if not found:
        short = {one.rpartition("/")[2]: one for one in there}
        hint = did_you_mean(wanted.rpartition("/")[2], short)
        raise BusError(
            f"there is no node {name} ({domain()}){hint}; nodes: {', '.join(there) or 'none'}"
        )
    if len(found) > 1:
        raise BusError(f"there are several nodes {name}: give one of {', '.join(found)}")
    return found[0]


def set_parameter(bus: Bus, node: str, name: str, text: str) -> tuple[Any, Any]:
    """Set a parameter and return the values before and after.

    Args:
        bus: The bus.
        node: Full name of the node.
        name: Name of the parameter.
        text: Value as text.

    Raises:
        BusError: The node has no such parameter, or refuses the value; the text says why.
    """
    kind = _kind(bus, node, name)
    before = _value(bus, node, name)
    value = _parsed(name, text, kind)
    message = Parameter(name, Parameter.Type(kind), value).to_parameter_msg()
    request = SetParameters.Request(parameters=[message])
    (result,) = bus.call(SetParameters, f"{node}/set_parameters", request).results
    if not result.successful:
        raise BusError(f"{node} refuses {name} = {text}: {result.reason or 'without a reason'}")
    return before, _value(bus, node, name)


def set_parameters(bus: Bus, node: str, values: Mapping[str, float]) -> None:
    """Set several parameters that are floats, with one request.

    Args:
        bus: The bus.
        node: Full name of the node.
        values: Values by name.

    Raises:
        BusError: The node is not there or refuses a value; the text says why.
    """
    messages = [
        Parameter(name, Parameter.Type.DOUBLE, value).to_parameter_msg()
        for name, value in values.items()
    ]
    request = SetParameters.Request(parameters=messages)
    results = bus.call(SetParameters, f"{node}/set_parameters", request).results
    for (name, value), result in zip(values.items(), results, strict=True):
        if not result.successful:
            reason = result.reason or "without a reason"
            raise BusError(f"{node} refuses {name} = {value:g}: {reason}")


def describe(bus: Bus, node: str, names: Sequence[str]) -> list[tuple[Any, Any]]:
    """Return descriptor and value of those parameters that a node has.

    Args:
        bus: The bus.
        node: Full name of the node.
        names: Names of the parameters.

    Raises:
        BusError: The node does not answer.
    """
    there = bus.call(ListParameters, f"{node}/list_parameters", ListParameters.Request()).result
    found = [name for name in names if name in there.names]
    if not found:
        return []
    asked = DescribeParameters.Request(names=found)
    descriptors = bus.call(DescribeParameters, f"{node}/describe_parameters", asked).descriptors
    wanted = GetParameters.Request(names=found)
    values = bus.call(GetParameters, f"{node}/get_parameters", wanted).values
    return list(zip(descriptors, map(parameter_value_to_python, values), strict=True))


def _kind(bus: Bus, node: str, name: str) -> int:
    """Return the type of a parameter."""
    names = list(
        bus.call(ListParameters, f"{node}/list_parameters", ListParameters.Request()).result.names
    )
    if name not in names:
        own = sorted(one for one in names if not one.startswith("qos_overrides."))
        hint = did_you_mean(name, own)
        raise BusError(f"{node} has no parameter {name!r}{hint}; parameters: {', '.join(own)}")
    request = DescribeParameters.Request(names=[name])
    (descriptor,) = bus.call(
        DescribeParameters, f"{node}/describe_parameters", request
    ).descriptors
    return int(descriptor.type)


def _value(bus: Bus, node: str, name: str) -> Any:
    request = GetParameters.Request(names=[name])
    (value,) = bus.call(GetParameters, f"{node}/get_parameters", request).values
    return parameter_value_to_python(value)


def _parsed(name: str, text: str, kind: int) -> Any:
    if kind == ParameterType.PARAMETER_STRING:
        return text
    expected: Any
    expected, words = _KINDS.get(kind, ((list,), "a list, as [1, 2]"))
    value: Any
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        value = None
    if not isinstance(value, expected) or (isinstance(value, bool) and expected is not bool):
        raise BusError(f"{name}: expected {words}, got {text!r}")
    if isinstance(value, int) and abs(value) > _LARGEST:
        raise BusError(f"{name}: expected {words} of 64 bits, got {text[:20]!r} and more")
    return float(value) if kind == ParameterType.PARAMETER_DOUBLE else value
