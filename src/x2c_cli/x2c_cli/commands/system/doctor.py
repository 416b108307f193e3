# SPDX-License-Identifier: Apache-2.0
"""Check this machine: each line says OK, WARN or FAIL, and gives the remedy.

The exit status is 1 if a check fails.
"""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    from rich.console import Console
    from rich.text import Text

    from x2c_cli.doctor import devices, implementations, middleware, networks, software
    from x2c_cli.doctor.finding import CheckResult

    checks = (
        software.python,
        software.ros,
        software.numpy,
        software.faces,
        software.rendering,
        middleware.settings,
        middleware.big_images,
        devices.cameras,
        devices.robots,
        networks.networks,
        implementations.implementations,
    )
    styles = {CheckResult.OK: "green", CheckResult.WARN: "yellow", CheckResult.FAIL: "bold red"}
    console = Console()
    failed = False
    for check in checks:
        for finding in check():
            line = Text(f"{finding.verdict.value:5}", style=styles[finding.verdict])
            line.append(f"{finding.subject}: {finding.text}", style="default not bold")
            console.print(line, soft_wrap=True)
            if finding.advice:
                console.print(f"      → {finding.advice}", soft_wrap=True, highlight=False)
            failed |= finding.verdict is CheckResult.FAIL
    return 1 if failed else 0
