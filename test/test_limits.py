# SPDX-License-Identifier: Apache-2.0
"""Every test ends: the limits of pyproject.toml and conftest.py, with seconds for minutes."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

HEAD = """
import signal, threading
import pytest

def waits_for_ever():
    threading.Event().wait()

@pytest.fixture(autouse=True)
def other_thread():
    threading.Thread(target=waits_for_ever, daemon=True).start()

def test_next():
    print("the next one ran")
"""


@pytest.fixture
def run(tmp_path):
    """Run a file of tests with the project's settings, and limits of seconds."""

    def start(text, *words):
        file = tmp_path / "test_file.py"
        file.write_text(HEAD + text)
        command = [
            *(
                sys.executable,
                "-m",
                "pytest",
                "-c",
                ROOT / "pyproject.toml",
                "-p",
                "x2c_testing.limits",
            ),
            *("-p", "no:cacheprovider", "-o", "timeout=2", "-o", "faulthandler_timeout=6"),
            *("--rootdir", tmp_path, "-rA", *words, file),
        ]
        return subprocess.run(
            [str(word) for word in command], capture_output=True, text=True, timeout=400
        )

    return start


@pytest.mark.process
def test_one_that_waits_for_ever_fails_with_all_stacks_and_the_next_runs(run):
    done = run("def test_a():\n    waits_for_ever()\n")
    assert done.returncode == 1
    assert "1 failed, 1 passed" in done.stdout
    assert "the next one ran" in done.stdout
    said = done.stdout + done.stderr
    assert "Timeout" in said
    # The test's own, and the other thread's.
    assert said.count("in waits_for_ever") >= 2


@pytest.mark.process
def test_one_that_no_signal_gets_out_of_ends_its_worker_with_all_stacks(run):
    text = """
def test_a():
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])
    waits_for_ever()
"""
    done = run(text, "-n1")
    assert done.returncode == 1
    assert "1 failed, 1 passed" in done.stdout
    assert "crashed while running" in done.stdout
    assert done.stderr.count("in waits_for_ever") >= 2


@pytest.mark.process
def test_a_teardown_after_a_failure_is_limited_too(run):
    done = run(
        """
@pytest.fixture
def sticky():
    yield
    waits_for_ever()

def test_a(sticky):
    assert False
"""
    )
    assert done.returncode == 1
    assert "in sticky" in done.stderr
    assert done.stderr.count("in waits_for_ever") >= 2


@pytest.mark.process
def test_a_thread_that_is_left_does_not_keep_the_run_from_ending(run):
    done = run("def test_a():\n    threading.Thread(target=waits_for_ever).start()\n")
    assert "2 passed" in done.stdout
    assert done.returncode == 1
    assert "in waits_for_ever" in done.stderr


def test_nothing_in_the_tests_waits_without_a_limit():
    files = [*ROOT.glob("test/**/*.py"), *ROOT.glob("src/*/test/**/*.py")]
    calls = [
        f"{file.relative_to(ROOT)}:{node.lineno}: {ast.unparse(node.func)}"
        for file in files
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and waits_without_limit(node)
    ]
    assert calls == []


WITH_A_LIMIT = {
    # Processes of `node_process`, whose wait has a limit of its own.
    "process.wait",
    "program.wait",
    "face.wait",
    "second.wait",
    "tracker.wait",
    # A team of one.
    "group.wait",
    # Futures that are done.
    "future.result",
}
"""Calls of the tests that end by themselves."""


WAITING = {"acquire", "communicate", "exception", "get", "join", "result", "wait"}
"""Methods that may wait."""


def waits_without_limit(call):
    """Whether a call may wait for ever: for a process, a thread, a queue, a lock or a future."""
    if not isinstance(call.func, ast.Attribute):
        return False
    if any(keyword.arg == "timeout" for keyword in call.keywords):
        return False
    last = call.func.attr
    if last in {"run", "call", "check_call", "check_output"}:
        return isinstance(call.func.value, ast.Name) and call.func.value.id == "subprocess"
    # With an argument, these are joins of texts, looks into mappings and limits.
    if call.args or call.keywords or last not in WAITING:
        return False
    return ast.unparse(call.func) not in WITH_A_LIMIT
