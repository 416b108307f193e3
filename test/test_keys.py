# SPDX-License-Identifier: Apache-2.0
"""Keys of `x2c imitate` in a real terminal."""

import os
import pty
import subprocess
import termios
import threading

import pytest


@pytest.fixture
def terminal(x2c):
    """Run the performer under a terminal; gives a function that writes, one that reads all."""
    leader, follower = pty.openpty()
    before = termios.tcgetattr(follower)
    process = subprocess.Popen(
        ["setsid", "--ctty", "--wait", *x2c, "imitate", "--video", "performer"],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        env={**os.environ, "COLUMNS": "80", "TERM": "xterm"},
    )
    output = bytearray()

    def read() -> None:
        while True:
            try:
                output.extend(os.read(leader, 4096))
            except OSError:
                return

    threading.Thread(target=read, daemon=True).start()
    yield process, leader, output, lambda: termios.tcgetattr(follower) == before
    process.kill()
    process.wait()
    os.close(follower)


@pytest.mark.ros
def test_keys_stop_reset_enable_and_end(terminal, wait_until):
    process, leader, output, restored = terminal
    wait_until(lambda: b"Keys: space stops" in output, what="keys", timeout=200)
    assert not restored()
    for key, said in (
        (b" ", b"stop: stopped"),
        (b"e", b"enable: "),
        (b"r", b"reset: reset; the joints stay until e"),
        (b"e", b"enable: following control values"),
        (b"c", b"calibrate: "),
    ):
        os.write(leader, key)
        wait_until(lambda said=said: said in output, what=str(said))
    os.write(leader, b"q")
    assert process.wait(120) == 0, bytes(output)
    assert restored()
    assert b"Traceback" not in output
