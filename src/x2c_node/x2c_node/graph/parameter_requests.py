# SPDX-License-Identifier: Apache-2.0
"""Requests to set parameters, checked before rclpy reads them.

rclpy raises where a value has a type that it does not know, and the client then waits in vain.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rcl_interfaces.msg import Parameter as ParameterMessage
from rcl_interfaces.msg import SetParametersResult
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter

Answer = Callable[[Any, Any], Any]


def one_by_one(callback: Answer) -> Answer:
    """Return the callback of `set_parameters` with each parameter set, or refused, by itself."""

    def answer(request: Any, response: Any) -> Any:
        for one in request.parameters:
            if reason := _fault(one):
                response.results.append(SetParametersResult(successful=False, reason=reason))
                continue
            alone = callback(SetParameters.Request(parameters=[one]), SetParameters.Response())
            response.results.extend(alone.results)
        return response

    return answer


def checked(callback: Answer) -> Answer:
    """Return the callback of `set_parameters_atomically`, which refuses all for one bad one."""

    def answer(request: Any, response: Any) -> Any:
        if reasons := [reason for one in request.parameters if (reason := _fault(one))]:
            response.result = SetParametersResult(successful=False, reason="; ".join(reasons))
            return response
        return callback(request, response)

    return answer


def _fault(parameter: ParameterMessage) -> str:
    """Return what is wrong with a parameter of a request; empty if nothing is."""
    if not parameter.name:
        # rclpy would declare it, whatever its value is.
        return "a parameter has a name, got one without"
    try:
        Parameter.from_parameter_msg(parameter)
    except Exception as error:
        name, kind = parameter.name, parameter.value.type
        return f"parameter {name}: its value, of type {kind}, cannot be read: {error}"
    return ""
