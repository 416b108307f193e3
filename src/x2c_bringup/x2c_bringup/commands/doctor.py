# SPDX-License-Identifier: Apache-2.0
"""To come."""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    return 1
