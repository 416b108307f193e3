# SPDX-License-Identifier: Apache-2.0
"""Shell lines of README.md and docs/: every option exists, and in order they do not collide."""

from __future__ import annotations

import re
import shlex
from collections import defaultdict
from pathlib import Path

import pytest

from x2c_cli.cli import parser
from x2c_testing.shell_lines import PAGES, ROOT, lines_of

ADDING = {"collect", "export", "record", "train"}
"""Commands that go on in a folder only with the same arguments, and else refuse it."""

_INLINE = re.compile(r"`(\./x2c [^`\n]+)`")


def written_by(words: list[str]) -> str:
    """Return the path that a command writes to; empty if the line names none."""
    return words[words.index("--out") + 1] if "--out" in words else ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_option_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    inline = [shlex.split(line)[1:] for line in _INLINE.findall(text)]
    for words in [*lines_of(page), *(one for one in inline if len(one) > 1 and "…" not in one)]:
        if any("..." in word or word == "COMMAND" for word in words):
            continue
        assert is_understood(words) or words in inline, " ".join(words)


def is_understood(words: list[str]) -> bool:
    """Return whether the command takes these words; --help ends it, too."""
    try:
        parser(words).parse_args(words)
    except SystemExit as ended:
        return not ended.code
    return True


def test_in_order_no_line_is_refused_for_what_another_has_left() -> None:
    writers: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for page in PAGES:
        for words in lines_of(page):
            if path := written_by(words):
                writers[path][words[0]].add(" ".join(words))
    for path, commands in writers.items():
        assert len(commands) == 1, f"{path} is written by {', '.join(sorted(commands))}"
        for command, lines in commands.items():
            if command in ADDING:
                assert len(lines) == 1, f"{path}: " + " | ".join(sorted(lines))


def test_the_default_folders_are_of_one_command_each() -> None:
    written = {written_by(words): words[0] for page in PAGES for words in lines_of(page)}
    defaults = {"out/demo": "demo", "out/evaluation": "evaluate", "out/faults": "faults"}
    for path, command in defaults.items():
        assert written.get(path, command) == command, path
