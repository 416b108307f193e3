# SPDX-License-Identifier: Apache-2.0
"""Keeping a C++ library's chatter off the terminal."""

import os
import re

import pytest

from x2c_perception.chatter import without_chatter


def test_only_the_chatter_is_held_back(capfd):
    with without_chatter(re.compile("^W0000")):
        os.write(2, b"W0000 nobody wants to know\nan error to be seen\nW0000 again\n")
    assert capfd.readouterr().err == "an error to be seen\n"


def test_what_was_written_is_seen_when_it_ends_in_an_error(capfd):
    def fail():
        with without_chatter(re.compile("chatter")):
            os.write(2, b"the reason\nchatter\n")
            raise ValueError("inside")

    with pytest.raises(ValueError, match="inside"):
        fail()
    assert capfd.readouterr().err == "the reason\n"


def test_afterwards_everything_is_seen(capfd):
    with without_chatter(re.compile("W")):
        pass
    os.write(2, b"W0000 later\n")
    assert capfd.readouterr().err == "W0000 later\n"
