# SPDX-License-Identifier: Apache-2.0
"""Tests that start processes are marked so, however they start them."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TESTS = """
import multiprocessing, os, subprocess, sys
import pytest

def by_subprocess():
    subprocess.run([sys.executable, "-c", ""], timeout=60)

def by_spawn():
    process = multiprocessing.get_context("spawn").Process(target=os.getpid)
    process.start()
    process.join(timeout=60)

def by_fork():
    if not (process := os.fork()):
        os._exit(0)
    os.waitpid(process, 0)

WAYS = [by_subprocess, by_spawn, by_fork]

@pytest.fixture
def started(request):
    request.param()

@pytest.mark.parametrize("started", WAYS, indirect=True)
def test_fixture(started):
    pass

@pytest.mark.parametrize("start", WAYS)
def test_itself(start):
    start()

@pytest.mark.process
@pytest.mark.parametrize("start", WAYS)
def test_marked(start):
    start()

def test_pure():
    subprocess.run(["true"], timeout=60)
"""


@pytest.mark.process
def test_a_test_that_starts_a_process_without_a_mark_fails(tmp_path):
    (tmp_path / "test_file.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-c", ROOT / "pyproject.toml"]
    plugins = ["-p", "x2c_testing.markers", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, *plugins, "--rootdir", tmp_path, tmp_path],
        capture_output=True,
        text=True,
        timeout=400,
    )
    # Python 3.12 and later add warnings about forks.
    assert re.search(r"3 failed, 4 passed,.* 3 errors", done.stdout), done.stdout + done.stderr
    assert done.stdout.count("mark it `process`: it started") >= 6
