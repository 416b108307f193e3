# SPDX-License-Identifier: Apache-2.0
"""Shell lines of README.md and docs/."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))]

_SHELL = {">", "|", "&", "&&", ";"}
"""Words that end a command."""

_BLOCK = re.compile(r"```bash\n(.*?)```", re.DOTALL)


def lines_of(page: Path) -> list[list[str]]:
    """Return the words of the x2c commands on a page, in order; make demo counts as one."""
    text = page.read_text(encoding="utf-8")
    lines = []
    for block in _BLOCK.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            if words[:2] == ["make", "demo"]:
                settings = dict(word.split("=", 1) for word in words[2:])
                words = ["./x2c", "demo", "--out", settings.pop("OUT", "out/demo")]
                for name, value in settings.items():
                    words += [f"--{name.lower()}", value]
            if words and words[0].endswith("/x2c"):
                ends = (at for at, word in enumerate(words) if word in _SHELL)
                lines.append(words[1 : next(ends, None)])
    return lines
