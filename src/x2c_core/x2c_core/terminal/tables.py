# SPDX-License-Identifier: Apache-2.0
"""Tables in a terminal of any width."""

from __future__ import annotations

from rich.table import Table


def folded(table: Table) -> Table:
    """Return a table whose long words, such as paths, continue on the next line, never cut."""
    for column in table.columns:
        column.overflow, column.no_wrap = "fold", False
    return table
