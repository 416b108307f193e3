# SPDX-License-Identifier: Apache-2.0
"""Keeping a C++ library's chatter off the terminal."""

import os
import re
import threading

import pytest

from x2c_perception.tracking.stderr_filter import filtered_stderr


def test_only_the_chatter_is_held_back(capfd):
    with filtered_stderr(re.compile("^W0000")):
        os.write(2, b"W0000 nobody wants to know\nan error to be seen\nW0000 again\n")
    assert capfd.readouterr().err == "an error to be seen\n"


def test_what_was_written_is_seen_when_it_ends_in_an_error(capfd):
    def fail():
        with filtered_stderr(re.compile("chatter")):
            os.write(2, b"the reason\nchatter\n")
            raise ValueError("inside")

    with pytest.raises(ValueError, match="inside"):
        fail()
    assert capfd.readouterr().err == "the reason\n"


def test_afterwards_everything_is_seen(capfd):
    with filtered_stderr(re.compile("W")):
        pass
    os.write(2, b"W0000 later\n")
    assert capfd.readouterr().err == "W0000 later\n"


def test_two_threads_at_once_lose_nothing(capfd):
    def talk(number):
        for _ in range(50):
            with filtered_stderr(re.compile("W0000")):
                os.write(2, f"line of {number}\nW0000\n".encode())

    threads = [threading.Thread(target=talk, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(150.0)
        assert not thread.is_alive()
    os.write(2, b"the end\n")
    lines = capfd.readouterr().err.splitlines()
    assert sorted(lines) == ["line of 0"] * 50 + ["line of 1"] * 50 + ["the end"]
