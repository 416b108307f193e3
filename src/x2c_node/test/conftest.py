# SPDX-License-Identifier: Apache-2.0
"""A node as a program of its own, for tests of how programs run and end."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PROGRAM = '''
import time
from std_msgs.msg import String
from x2c_node import qos
from x2c_node.errors import NodeError
from x2c_node.managed_node import ManagedNode
from x2c_node.parameters import Parameters
from x2c_node.spinning.spin import run_node


class Program(ManagedNode[Parameters]):
    """Says what becomes of it."""

    def __init__(self, **node_arguments):
        super().__init__("program", Parameters, **node_arguments)

    def activate(self):
        print("active", flush=True)

    def deactivate(self):
        print("deactivated", flush=True)

    def cleanup(self):
        print("cleaned up", flush=True)


{more}
run_node(Program)
print("ended", flush=True)
'''


@pytest.fixture
def program(node_process: Callable[..., Any], tmp_path: Path) -> Callable[..., Any]:
    """Start a node as a program; `more` is code that changes its class Program."""

    def start(more: str = "", **options: Any) -> Any:
        path = tmp_path / "program.py"
        path.write_text(PROGRAM.replace("{more}", more), encoding="utf-8")
        return node_process(command=[sys.executable, str(path)], **options)

    return start
