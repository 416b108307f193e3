# SPDX-License-Identifier: Apache-2.0
"""Lines of README.md and docs/ run before their inputs are there: a refusal, nothing written."""

from __future__ import annotations

import io
import re

import pytest

from x2c_cli import cli
from x2c_testing.shell_lines import PAGES, lines_of

QUICK = {
    *("animate", "compare", "demo", "evaluate", "export", "fit", "imitate", "motors", "render"),
    *("ablate", "evaluate-network", "export-network", "fidelity", "replay", "robots", "train"),
}
"""Commands that look for their inputs before they load or start anything."""

_COMPLETE = ("performer", "--ceiling", "--image-topic", "--no-camera", "--expression", "emulate")
"""Words of lines that need no input."""

_NOWHERE = "/dev/no_such_port"


def without_inputs(words: list[str]) -> list[str]:
    """Return a line with devices that no machine has; an empty one if it would succeed."""
    if words[0] not in QUICK or {*_COMPLETE} & {*words} or len(words) == 1:
        return []
    if words[:2] == ["motors", "scan"] and "--port" not in words:
        return []
    words = [re.sub(r"^(/dev|~)/.*", _NOWHERE, word) for word in words]
    if "--camera" in words:
        words[words.index("--camera") + 1] = _NOWHERE
    elif words[0] in ("demo", "imitate") and "--video" not in words:
        words += ["--camera", _NOWHERE]
    return words


LINES = sorted({" ".join(words): words for page in PAGES for words in lines_of(page)}.items())
REFUSED = {line: found for line, words in LINES if (found := without_inputs(words))}


@pytest.mark.parametrize("line", REFUSED)
def test_a_line_whose_input_is_missing_says_so_and_writes_nothing(
    line, tmp_path, monkeypatch, capfd
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(SystemExit) as ended:
        cli.main(REFUSED[line])
    assert ended.value.code in (1, 2)
    said = capfd.readouterr().err.strip().splitlines()
    assert len(said) == 1, said
    assert said[0].startswith("error: ")
    assert not list(tmp_path.iterdir())


def test_most_guides_have_such_lines():
    commands = {words[0] for words in REFUSED.values()}
    assert commands == QUICK
