# SPDX-License-Identifier: Apache-2.0
"""Follow a running graph from outside, by what its nodes say on `/diagnostics`."""

from __future__ import annotations

import time
from collections.abc import Sequence

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.node import Node

from x2c_bringup.graph.node_specs import NodeSpec
from x2c_node.diagnostics import Diagnosis, to_diagnosis
from x2c_node.spinning.executor import GuardedExecutor


class Watch:
    """Listen to the diagnostics of the nodes of a graph.

    The caller calls `listen` again and again; it has no thread of its own.

    Args:
        specs: The nodes.
    """

    def __init__(self, specs: Sequence[NodeSpec]) -> None:
        self._names = {spec.full_name: spec.name for spec in specs}
        self.diagnoses: dict[str, Diagnosis] = {}
        self.times: dict[str, float] = {}
        self.node = Node("x2c_watch", use_global_arguments=False, start_parameter_services=False)
        self.node.create_subscription(DiagnosticArray, "/diagnostics", self._take, 50)
        self._executor = GuardedExecutor()
        self._executor.add_node(self.node)

    def listen(self, seconds: float) -> None:
        """Take what comes, for some time [s]."""
        limit = time.monotonic() + seconds
        while (left := limit - time.monotonic()) > 0.0:
            self._executor.spin_once(timeout_sec=left)

    def close(self) -> None:
        """Take the listener down."""
        self._executor.shutdown()
        self.node.destroy_node()

    def _take(self, message: DiagnosticArray) -> None:
        for status in message.status:
            name = self._names.get(status.name)
            if name is not None:
                self.diagnoses[name] = to_diagnosis(status)
                self.times[name] = time.monotonic()
