# SPDX-License-Identifier: Apache-2.0
"""Program that shows nodes in a viewer, beside nodes of this process."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import subprocess
from collections.abc import Iterator, Sequence

from x2c_cli.page.recording import COMMAND
from x2c_core.programs import end_program
from x2c_node.launcher import LAUNCHER_VARIABLE

_ENDING = 10.0
"""Time limit for the program to end [s]."""


@contextlib.contextmanager
def viewer_program(
    words: Sequence[str], module: str, command: Sequence[str] = COMMAND
) -> Iterator[None]:
    """Run a command of x2c meanwhile; what keeps it from its work, it says on stderr.

    It is a program of its own, so that no viewer can slow the nodes down.

    Args:
        words: Command and its arguments.
        module: Module that it needs.
        command: Words that start the x2c command.

    Raises:
        ModuleNotFoundError: The module is not installed.
    """
    if importlib.util.find_spec(module) is None:
        raise ModuleNotFoundError(f"No module named '{module}'", name=module)
    process = subprocess.Popen(
        [*command, *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env={**os.environ, LAUNCHER_VARIABLE: str(os.getpid())},
        # Ctrl-C in the terminal ends the nodes first, then this.
        process_group=0,
    )
    try:
        yield
    finally:
        end_program(process, _ENDING)
