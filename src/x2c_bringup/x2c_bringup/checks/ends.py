# SPDX-License-Identifier: Apache-2.0
"""Time that the nodes of a graph take to end in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rcl_interfaces.msg import ParameterEvent
from rclpy.node import Node
from rclpy.qos import qos_profile_parameter_events

from x2c_actuation.parameters import ActuationParameters
from x2c_actuation.pipeline.ending import longest_end
from x2c_actuation.pipeline.motion_limits import MotionLimits
from x2c_bringup.graph.node_specs import NodeSpec
from x2c_bringup.graph.parameter_values import parameters_of
from x2c_core.errors import X2CError
from x2c_core.robot.robot_file import load_robot
from x2c_node.robots import find_robot

USUAL_END = 10.0
"""Time limit for every node to end [s]."""

EASE_TIME = "ease_time"
"""Parameter of actuation that its end takes longest for."""

_EASING = "actuation_node"
_FOLLOWING = "motor_driver_node"


def longest_ends(
    specs: Sequence[NodeSpec], ease_times: Mapping[str, float] | None = None
) -> dict[str, float]:
    """Return the longest time that each node takes to end in order [s], by its name.

    Args:
        specs: Specifications of the nodes.
        ease_times: Changed since they were started [s], by the nodes' full names.
    """
    changed = ease_times or {}
    easing = next(
        (_eases_for(spec, changed.get(spec.full_name)) for spec in specs if _eases(spec)), 0.0
    )
    slow = (_EASING, _FOLLOWING)
    return {spec.name: USUAL_END + (easing if spec.executable in slow else 0.0) for spec in specs}


class LongestEnds:
    """Longest time that each node of a graph takes to end in order, as things are now.

    Args:
        specs: Nodes of the graph.
    """

    def __init__(self, specs: Sequence[NodeSpec]) -> None:
        self._specs = specs
        self._names = {spec.full_name for spec in specs}
        self._ends = longest_ends(specs)

    def __getitem__(self, name: str) -> float:
        """Return the longest time that a node takes to end [s]."""
        return self._ends[name]

    def listen(self, node: Node) -> None:
        """Hear of changes while the nodes run.

        Args:
            node: Node that is spun.
        """
        node.create_subscription(
            ParameterEvent, "/parameter_events", self.take, qos_profile_parameter_events
        )

    def take(self, event: ParameterEvent) -> None:
        """Take over what has changed."""
        if event.node not in self._names:
            return
        for one in (*event.new_parameters, *event.changed_parameters):
            if one.name == EASE_TIME:
                self._ends = longest_ends(self._specs, {event.node: one.value.double_value})


def _eases(spec: NodeSpec) -> bool:
    return spec.executable == _EASING


def _eases_for(spec: NodeSpec, ease_time: float | None) -> float:
    """Return the longest time that joints take to neutral [s]."""
    try:
        given = parameters_of(spec, ActuationParameters)
        robot = load_robot(find_robot(given.robot))
        return longest_end(
            given.ease_time if ease_time is None else ease_time, MotionLimits.of(robot.joints)
        )
    except X2CError:
        # The node refuses it and says why.
        return 0.0
