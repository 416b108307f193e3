# SPDX-License-Identifier: Apache-2.0
"""All packages, the citation and the changelog have one version."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
VERSION = CITATION["version"]
PACKAGES = sorted(path.parent for path in ROOT.glob("src/*/package.xml"))


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)
def test_a_package_has_the_version_of_all(package: Path) -> None:
    manifest = (package / "package.xml").read_text(encoding="utf-8")
    assert re.findall(r"<version>(.*)</version>", manifest) == [VERSION]
    setup = package / "setup.py"
    if setup.is_file():
        assert re.findall(r'version="(.*)"', setup.read_text(encoding="utf-8")) == [VERSION]


def test_the_newest_release_in_the_changelog_is_this_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    releases = re.findall(r"^## \[(\d+\.\d+\.\d+)\]", text, re.MULTILINE)
    assert releases[0] == VERSION
    assert releases == sorted(releases, key=lambda one: [*map(int, one.split("."))], reverse=True)
