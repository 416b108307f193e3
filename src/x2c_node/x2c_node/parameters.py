# SPDX-License-Identifier: Apache-2.0
"""A node's parameters as one frozen dataclass of described fields."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from x2c_core.system import fields
from x2c_core.system.fields import FieldError, FieldSpec, parameter, specs
from x2c_node.errors import ParameterError

if TYPE_CHECKING:
    from rcl_interfaces.msg import ParameterDescriptor
    from rclpy.node import Node

__all__ = [
    "Parameters",
    "check",
    "declare",
    "is_of_ros",
    "parameter",
    "read",
    "specs",
    "unknown",
]

CHOICES = "one of: "
"""Beginning of the constraint of a parameter with choices."""

_OF_ROS = ("use_sim_time", "start_type_description_service")


@dataclasses.dataclass(frozen=True)
class Parameters:
    """Base of every node's parameters."""

    autostart: bool = parameter(True, "Configure and activate when the node starts.")
    diagnostics_period: float = parameter(
        1.0, "Time between two messages on /diagnostics [s].", minimum=0.1, maximum=60.0
    )


def check(cls: type[Any], name: str, value: Any) -> Any:
    """Return a parameter's value in its type.

    Raises:
        ParameterError: The value has another type, or is outside its range or choices.
    """
    try:
        return fields.check(cls, name, value)
    except FieldError as error:
        raise ParameterError(f"parameter {error}") from error


def declare(node: Node, cls: type[Any]) -> dict[str, str]:
    """Declare parameters of a node; those that it already has are left as they are.

    A value that cannot be is not lost in a traceback: the parameter is declared with its default
    and the reason is returned, so that the node can refuse to configure with it.

    Args:
        node: Node that gets the parameters.
        cls: Dataclass of described fields.

    Returns:
        Reasons of refused values, by the parameter's name.
    """
    refused = {}
    for name, (kind, default, spec) in specs(cls).items():
        if node.has_parameter(name):
            continue
        value = default
        override = node._parameter_overrides.get(name)
        if override is not None:
            try:
                value = check(cls, name, override.value)
            except ParameterError as error:
                refused[name] = str(error)
        # rclpy would refuse a whole number for a float, and say so without the parameter's name.
        node.declare_parameter(name, value, _descriptor(kind, spec), ignore_override=True)
    return refused


def unknown(node: Node, *classes: type[Any]) -> list[str]:
    """Return the names of parameters that the user gives and the node does not have.

    Args:
        node: Node with the user's values.
        classes: Dataclasses of the parameters that it has.
    """
    known: set[str] = set().union(*map(specs, classes))
    return sorted(
        name for name in node._parameter_overrides if not (name in known or is_of_ros(name))
    )


def is_of_ros(name: str) -> bool:
    """Return whether every node has a parameter from ROS itself."""
    return name in _OF_ROS or name.startswith("qos_overrides.")


def read(node: Node, cls: type[Any]) -> Any:
    """Return all parameters of a node as an instance of their dataclass.

    Raises:
        ParameterError: A value cannot be.
    """
    names = list(specs(cls))
    return cls(**{name: check(cls, name, node.get_parameter(name).value) for name in names})


def _descriptor(kind: type, spec: FieldSpec) -> ParameterDescriptor:
    # Only here: parameters are also read where there is no node, as by an evaluation.
    from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor

    descriptor = ParameterDescriptor(description=spec.description, read_only=not spec.dynamic)
    if spec.choices:
        descriptor.additional_constraints = CHOICES + ", ".join(spec.choices)
    # An open end of a range is written as the largest number that the type holds.
    if kind is float and (spec.minimum is not None or spec.maximum is not None):
        low = -1e308 if spec.minimum is None else spec.minimum
        high = 1e308 if spec.maximum is None else spec.maximum
        descriptor.floating_point_range = [FloatingPointRange(from_value=low, to_value=high)]
    if kind is int and (spec.minimum is not None or spec.maximum is not None):
        low_int = -(2**63) if spec.minimum is None else int(spec.minimum)
        high_int = 2**63 - 1 if spec.maximum is None else int(spec.maximum)
        descriptor.integer_range = [IntegerRange(from_value=low_int, to_value=high_int)]
    return descriptor
