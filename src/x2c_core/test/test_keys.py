# SPDX-License-Identifier: Apache-2.0
"""Single keys of a terminal; the terminal is as before afterwards."""

import os
import pty
import subprocess
import sys
import termios

import pytest

PROGRAM = """
import os, sys
from x2c_core.terminal.keys import Keys
with Keys() as keys:
    print("ready" if keys.available else "no keys", flush=True)
    print(repr(keys.wait(150.0 if keys.available else 0.0)), flush=True)
    if sys.argv[1:]:
        raise SystemExit(3)
"""


def run_in_terminal(pressed: bytes, *words: str) -> tuple[str, int, bool]:
    """Return output and exit status of the program, and whether its terminal was restored."""
    leader, follower = pty.openpty()
    before = termios.tcgetattr(follower)
    program = subprocess.Popen(
        ["setsid", "--ctty", "--wait", sys.executable, "-c", PROGRAM, *words],
        stdin=follower,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert program.stdout is not None
        first = program.stdout.readline()
        echo = termios.tcgetattr(follower)[3] & termios.ECHO
        assert not echo, "keys would be shown"
        os.write(leader, pressed)
        rest = program.stdout.read()
        status = program.wait(150)
        return first + rest, status, termios.tcgetattr(follower) == before
    finally:
        program.kill()
        program.wait()
        os.close(leader)
        os.close(follower)


@pytest.mark.process
def test_a_key_needs_no_enter_and_the_terminal_is_restored():
    assert run_in_terminal(b" ") == ("ready\n' '\n", 0, True)


@pytest.mark.process
def test_the_terminal_is_restored_after_an_error():
    assert run_in_terminal(b"q", "fail") == ("ready\n'q'\n", 3, True)


@pytest.mark.process
def test_without_a_terminal_there_are_no_keys():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], input="q", capture_output=True, text=True, timeout=400
    )
    assert done.stdout == "no keys\n''\n"
