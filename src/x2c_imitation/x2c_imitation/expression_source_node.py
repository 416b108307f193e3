# SPDX-License-Identifier: Apache-2.0
"""ROS node that plays an expression source: a table, a bag, an expression, sliders."""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass
from typing import Any

from std_msgs.msg import Header

from x2c_core.control_space import controls
from x2c_core.printable import printable
from x2c_core.sources.expression_source import EXPRESSION_SOURCES, ExpressionSource
from x2c_core.sources.source import SourceError
from x2c_core.system.fields import NoOptions
from x2c_core.words import counted
from x2c_msgs.msg import ControlValues
from x2c_node.conversion.messages import controls_to_message
from x2c_node.diagnostics import Diagnosis, Level
from x2c_node.managed_node import ManagedNode
from x2c_node.parameters import Parameters, parameter
from x2c_node.qos import STREAM
from x2c_node.spinning.spin import run_node


@dataclass(frozen=True)
class ExpressionSourceParameters(Parameters):
    """Parameters of the node."""

    source: str = parameter(
        "",
        "Source: a CSV file, a bag, an expression such as smile=0.5, or NAME:TEXT.",
    )
    rate: float = parameter(30.0, "Rate of the control values [Hz].", minimum=1.0, maximum=1000.0)
    loop: bool = parameter(False, "Start again at the end of the source.")


class ExpressionSourceNode(ManagedNode[ExpressionSourceParameters]):
    """Publish control_values as a camera's images would make them.

    Args:
        source: Source that this process made; the parameter `source` names another one if None.
        node_arguments: Passed to rclpy's node.
    """

    def __init__(self, source: ExpressionSource | None = None, **node_arguments: Any) -> None:
        self._given = source
        self._source: ExpressionSource | None = None
        self.finished = False
        super().__init__(
            "expression_source_node",
            ExpressionSourceParameters,
            option_class=self._options_of,
            **node_arguments,
        )

    def configure(self) -> None:
        """Open the source."""
        self._publisher = self.publisher(ControlValues, "control_values", STREAM)
        source = self._given
        if source is None:
            cls, text = EXPRESSION_SOURCES.choose(self.params.source)
            source = EXPRESSION_SOURCES.make(cls, text, self.options)
        source.open()
        for issue in source.issues:
            self.get_logger().warning(printable(f"{source.name}: {issue}"))
        self._source = source

    def activate(self) -> None:
        """Play from the beginning."""
        self.finished = False
        self._begin = time.monotonic()
        self.timer(1.0 / self.params.rate, self._publish)

    def cleanup(self) -> None:
        """Close the source."""
        if self._source is not None:
            self._source.close()
        self._source = None

    def diagnose(self) -> Diagnosis:
        """Report subscribers, the end of the source, and other publishers at the same time."""
        topic = self.resolve_topic_name("control_values")
        name = "" if self._source is None else self._source.name
        values = {"source": name, "finished": str(self.finished)}
        if self._source is not None and self._source.issues:
            values["not played"] = "; ".join(self._source.issues)
        others = self.count_publishers(topic) - 1
        if others > 0:
            text = f"{others} other publishers on {topic}: the robot mixes them at random"
            return Diagnosis(Level.WARN, text, values)
        if self.finished:
            return Diagnosis(Level.OK, f"end of {name}; loop:=true would repeat it", values)
        subscribers = self.count_subscribers(topic)
        if not subscribers:
            text = f"nothing subscribes to {topic}: is actuation_node running?"
            return Diagnosis(Level.WARN, text, values)
        return Diagnosis(Level.OK, f"{counted(subscribers, 'subscriber')} on {topic}", values)

    def _options_of(self, params: ExpressionSourceParameters) -> type[Any]:
        if self._given is not None:
            return NoOptions
        if not params.source:
            raise SourceError(f"parameter source is empty; {EXPRESSION_SOURCES.expected()}")
        return EXPRESSION_SOURCES.choose(params.source)[0].Options

    def _publish(self) -> None:
        source = self._source
        if source is None or self.finished:
            return
        now, duration = time.monotonic() - self._begin, source.duration
        if duration is not None and now > duration:
            if not (self.params.loop and duration > 0.0):
                self.finished = True
                self.get_logger().info(printable(f"end of {source.name}"))
            now = now % duration if duration > 0.0 and not self.finished else duration
        frame = source.at(now)
        inside, _ = controls.clamp(frame.values)
        header = Header(stamp=self.get_clock().now().to_msg())
        frame = dataclasses.replace(frame, values=inside)
        self._publisher.publish(controls_to_message(frame, header))


def main() -> None:
    """Run the node."""
    run_node(ExpressionSourceNode)
