# SPDX-License-Identifier: Apache-2.0
import io
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

from x2c_core.terminal.tables import folded


@pytest.mark.parametrize("no_wrap", [False, True])
def test_a_narrow_table_keeps_every_letter(no_wrap):
    table = Table("name")
    table.add_column("folder", no_wrap=no_wrap)
    path = "/a/very/long/path/of/a/folder/that/does/not/fit"
    table.add_row("virtual", path)
    output = io.StringIO()
    Console(file=output, width=30).print(folded(table))
    letters = "".join(one for one in output.getvalue() if one.isalnum() or one == "/")
    assert "…" not in output.getvalue()
    assert sorted(letters) == sorted(
        "namefoldervirtual/a/very/long/path/of/a/folder/that/does/not/fit"
    )


def test_every_table_that_is_printed_is_folded():
    for file in sorted(Path(__file__).parents[2].glob("x2c_*/x2c_*/**/*.py")):
        text = file.read_text(encoding="utf-8")
        if "from rich.table import Table" in text:
            assert "folded" in text, file
            assert ".print(table)" not in text, file
