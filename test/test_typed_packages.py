# SPDX-License-Identifier: Apache-2.0
"""Type checkers of other projects read the annotations of every installed package (PEP 561)."""

from __future__ import annotations

from distutils.core import run_setup
from pathlib import Path

import pytest
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = sorted(path.parent for path in ROOT.glob("src/*/setup.py"))


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)
def test_the_marker_of_types_is_installed(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(package)
    distribution = run_setup("setup.py", stop_after="init")
    command = build_py(distribution)
    command.finalize_options()
    command.analyze_manifest()
    assert f"{package.name}/py.typed" in command.find_data_files(package.name, package.name)
