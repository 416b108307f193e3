# SPDX-License-Identifier: Apache-2.0
"""A node's parameters as one frozen dataclass: type, default, description, bounds."""

from __future__ import annotations

import dataclasses
import math
import typing
from typing import Any

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.node import Node

from x2c_node.errors import ParameterError

_KEY = "x2c_parameter"


@dataclasses.dataclass(frozen=True)
class _Spec:
    description: str
    minimum: float | None
    maximum: float | None
    choices: tuple[str, ...]
    dynamic: bool


def parameter(
    default: Any,
    description: str,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[str, ...] = (),
    dynamic: bool = False,
) -> Any:
    """Return a dataclass field that is one ROS parameter; the annotation gives its type.

    Args:
        default: Value where the user gives none.
        description: One sentence for `ros2 param describe`, with the unit.
        minimum: Lowest number allowed.
        maximum: Highest number allowed.
        choices: Strings allowed; empty for any.
        dynamic: Whether it can be changed while the node runs; read-only otherwise.
    """
    spec = _Spec(description, minimum, maximum, choices, dynamic)
    return dataclasses.field(default=default, metadata={_KEY: spec})


@dataclasses.dataclass(frozen=True)
class Parameters:
    """Base of every node's parameters."""

    autostart: bool = parameter(True, "Configure and activate by itself when the node starts.")
    diagnostics_period: float = parameter(
        1.0, "Time between two messages on /diagnostics [s].", minimum=0.1, maximum=60.0
    )


def specs(cls: type[Parameters]) -> dict[str, tuple[type, Any, _Spec]]:
    """Return each parameter's type, default and specification, by name."""
    hints = typing.get_type_hints(cls)
    return {f.name: (hints[f.name], f.default, f.metadata[_KEY]) for f in dataclasses.fields(cls)}


def check(cls: type[Parameters], name: str, value: Any) -> Any:
    """Return a parameter's value in its type.

    Raises:
        ParameterError: The value has another type, or is outside its range or choices.
    """
    kind, _, spec = specs(cls)[name]
    if kind is float and type(value) is int:
        value = float(value)
    if type(value) is not kind:
        raise ParameterError(
            f"parameter {name}: expected {kind.__name__}, got {value!r} ({type(value).__name__})"
        )
    if isinstance(value, float) and not math.isfinite(value):
        raise ParameterError(f"parameter {name}: expected a finite number, got {value}")
    low = -math.inf if spec.minimum is None else spec.minimum
    high = math.inf if spec.maximum is None else spec.maximum
    if isinstance(value, int | float) and not low <= value <= high:
        raise ParameterError(f"parameter {name}: expected {low} to {high}, got {value}")
    if spec.choices and value not in spec.choices:
        raise ParameterError(
            f"parameter {name}: expected one of {', '.join(spec.choices)}, got {value!r}"
        )
    return value


def declare(node: Node, cls: type[Parameters]) -> dict[str, str]:
    """Declare all parameters of a node.

    A value of the user's that cannot be is not lost in a traceback: the parameter is declared
    with its default and the reason is returned, so that the node can refuse to configure with it.

    Returns:
        Why a value was refused, by the parameter's name.
    """
    refused = {}
    for name, (kind, default, spec) in specs(cls).items():
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


def unknown(node: Node, cls: type[Parameters]) -> list[str]:
    """Return the names of parameters that the user gives and the node does not have."""
    known = {"use_sim_time", "start_type_description_service", *specs(cls)}
    given = node._parameter_overrides
    return sorted(n for n in given if n not in known and not n.startswith("qos_overrides."))


def read(node: Node, cls: type[Parameters]) -> Any:
    """Return all parameters of a node as an instance of their dataclass.

    Raises:
        ParameterError: A value cannot be.
    """
    names = list(specs(cls))
    return cls(**{name: check(cls, name, node.get_parameter(name).value) for name in names})


def _descriptor(kind: type, spec: _Spec) -> ParameterDescriptor:
    descriptor = ParameterDescriptor(description=spec.description, read_only=not spec.dynamic)
    if spec.choices:
        descriptor.additional_constraints = f"one of: {', '.join(spec.choices)}"
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
