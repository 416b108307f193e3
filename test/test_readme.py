# SPDX-License-Identifier: Apache-2.0
"""README.md says what the code says, and what it links to is there."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_tables_are_those_of_the_code():
    spec = importlib.util.spec_from_file_location("tables", ROOT / "scripts/readme_tables.py")
    tables = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tables)
    assert tables.filled(README) == README, "run scripts/readme_tables.py"
    for name in ["launch", "replay", *tables.parameter_tables()]:
        assert f"<!-- table: {name} -->" in README


@pytest.mark.parametrize("path", sorted(set(re.findall(r"\]\((?!http|#)([^)#]+)", README))))
def test_links_lead_somewhere(path):
    assert (ROOT / path).exists()


@pytest.mark.parametrize("target", sorted(set(re.findall(r"`make (\w+)", README))))
def test_make_targets_exist(target):
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("guide", sorted((ROOT / "docs").glob("*.md")), ids=lambda path: path.name)
def test_guides_say_what_the_code_says_and_link_to_what_is_there(guide):
    text = guide.read_text(encoding="utf-8")
    spec = importlib.util.spec_from_file_location("tables", ROOT / "scripts/readme_tables.py")
    tables = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tables)
    assert tables.filled(text) == text, "run scripts/readme_tables.py"
    for path in set(re.findall(r"\]\((?!http|#)([^)#]+)", text)):
        assert (guide.parent / path).exists(), path
