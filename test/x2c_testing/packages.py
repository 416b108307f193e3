# SPDX-License-Identifier: Apache-2.0
"""Packages of others, installed beside ours while a test runs.

`install_example(name)` installs a folder of examples/ as pip does, offline. `install_module(...)`
lays out a package of one module. Both are found by this process and by the programs it starts.
"""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from x2c_testing.sharing import MakeOnce

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def _find_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(folder)
    known = os.environ.get("PYTHONPATH", "")
    monkeypatch.setenv("PYTHONPATH", f"{folder}{os.pathsep}{known}" if known else str(folder))
    importlib.invalidate_caches()


@pytest.fixture
def install_example(make_once: MakeOnce, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Return a function that installs a folder of examples/; it returns where."""

    def fill(name: str, folder: Path) -> None:
        # A build writes into the sources.
        source = folder / "source"
        shutil.copytree(EXAMPLES / name, source, ignore=shutil.ignore_patterns("__pycache__"))
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        offline = ["--no-index", "--no-deps", "--no-build-isolation"]
        target = ["--target", folder / "site", source]
        subprocess.run([*pip, *offline, *target], check=True, timeout=150.0)

    def install(name: str) -> Path:
        site = make_once(f"example_{name}", lambda folder: fill(name, folder)) / "site"
        _find_in(site, monkeypatch)
        return site

    return install


@pytest.fixture
def install_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str, str, Mapping[str, str], str], None]:
    """Return a function that installs a package of one module with entry points of one group."""
    site = tmp_path / "site"

    def install(package: str, group: str, points: Mapping[str, str], source: str) -> None:
        metadata = site / f"{package}-1.0.dist-info"
        metadata.mkdir(parents=True)
        (site / f"{package}.py").write_text(source)
        (metadata / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n"
        )
        lines = [f"[{group}]", *(f"{name} = {value}" for name, value in points.items())]
        (metadata / "entry_points.txt").write_text("\n".join(lines))
        monkeypatch.delitem(sys.modules, package, raising=False)
        if str(site) not in sys.path:
            _find_in(site, monkeypatch)

    return install
