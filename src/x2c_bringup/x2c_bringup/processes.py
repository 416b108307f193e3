# SPDX-License-Identifier: Apache-2.0
"""The nodes of the graph as processes, started as `ros2 run` would start them."""

from __future__ import annotations

import json
from pathlib import Path

from ament_index_python import get_package_prefix

from x2c_bringup.graph import NodeSpec


def command_line(spec: NodeSpec) -> list[str]:
    """Return the program and arguments that run a node of the graph as a process."""
    program = Path(get_package_prefix(spec.package), "lib", spec.package, spec.executable)
    words = [str(program), "--ros-args", "-r", f"__node:={spec.name}"]
    if spec.namespace:
        words += ["-r", f"__ns:=/{spec.namespace.strip('/')}"]
    for old, new in spec.remappings:
        words += ["-r", f"{old}:={new}"]
    if spec.params_file:
        words += ["--params-file", spec.params_file]
    for name, value in spec.parameters.items():
        # JSON is YAML in which a text stays a text: "0" is no number.
        words += ["-p", f"{name}:={json.dumps(value)}"]
    return [*words, "--log-level", spec.log_level]
