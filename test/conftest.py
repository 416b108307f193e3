# SPDX-License-Identifier: Apache-2.0
"""Runs of the x2c command that several system tests look at."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

X2C = (sys.executable, "-P", "-m", "x2c_bringup.cli")
"""The x2c command in the tests' own environment."""


@dataclass(frozen=True)
class Demo:
    """A demo that has ended: where its results are, how it ended, and what it said."""

    out: Path
    status: int
    output: str
    errors: str


def _run(out: Path, *words: str) -> Demo:
    done = subprocess.run(
        [*X2C, "demo", "--out", str(out), *words], capture_output=True, text=True, timeout=120
    )
    return Demo(out, done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="session")
def x2c():
    """The words that start the x2c command."""
    return X2C


@pytest.fixture(scope="session")
def demo():
    """Run a demo to its end: demo(folder, *arguments)."""
    return _run


@pytest.fixture(scope="session")
def performance(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """A demo of the built-in performer's first seconds: winks, brows, an open mouth."""
    return _run(tmp_path_factory.mktemp("demo") / "out", "--duration", "12.5")
