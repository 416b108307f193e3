# SPDX-License-Identifier: Apache-2.0
"""List of what a command passed over, on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

_LISTED = 20
"""Entries shown; of more, only the number is."""


def show_skipped(skipped: Sequence[object], console: Console) -> None:
    """Print what was skipped, one line each; nothing where nothing was."""
    if not skipped:
        return
    lines = [f"Skipped {len(skipped)}:", *(f"  {one}" for one in skipped[:_LISTED])]
    if len(skipped) > _LISTED:
        lines.append(f"  and {len(skipped) - _LISTED} more")
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
