# SPDX-License-Identifier: Apache-2.0
import io

from rich.console import Console
from rich.table import Table

from x2c_core.terminal.tables import folded


def test_a_narrow_table_keeps_every_letter():
    table = Table("name", "folder")
    path = "/a/very/long/path/of/a/folder/that/does/not/fit"
    table.add_row("virtual", path)
    output = io.StringIO()
    Console(file=output, width=30).print(folded(table))
    letters = "".join(one for one in output.getvalue() if one.isalnum() or one == "/")
    assert "…" not in output.getvalue()
    assert sorted(letters) == sorted(
        "namefoldervirtual/a/very/long/path/of/a/folder/that/does/not/fit"
    )
