# SPDX-License-Identifier: Apache-2.0
"""The program that plays sound, which may hang or not listen."""

import os
import sys
import threading

import numpy as np
import pytest

from x2c_core.programs import end_program
from x2c_sources.speech import sound_player
from x2c_sources.speech.sound_player import SoundPlayer

pytestmark = pytest.mark.process

HANGS = """
import os, pathlib, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN if "deaf" in sys.argv else signal.SIG_DFL)
pathlib.Path(sys.argv[1], f"{os.getpid()}.pid").touch()
time.sleep(600.0)
"""


@pytest.fixture
def play(tmp_path, wait_until):
    """Play a sound with a program that hangs; wait until it runs."""
    script, started = tmp_path / "hangs.py", []
    script.write_text(HANGS)

    def play(player):
        player.play(np.zeros(160), 16000)
        started.append(player)
        wait_until(lambda: len(pids(tmp_path)) == len(started), what="the program")

    return play


def pids(folder):
    return [int(file.stem) for file in folder.glob("*.pid")]


def running(folder):
    """Return how many of the programs still run."""
    count = 0
    for pid in pids(folder):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            continue
        count += 1
    return count


@pytest.mark.parametrize("word", ["", "deaf"])
def test_all_that_is_played_ends(tmp_path, play, word):
    player = SoundPlayer(f"{sys.executable} {tmp_path}/hangs.py {tmp_path} {word}")
    for _ in range(2):
        play(player)
    assert running(tmp_path) == 2
    player.stop()
    assert running(tmp_path) == 0


def test_programs_that_hang_do_not_become_more_and_more(tmp_path, play, wait_until):
    player = SoundPlayer(f"{sys.executable} {tmp_path}/hangs.py {tmp_path}")
    for _ in range(6):
        play(player)
    wait_until(lambda: running(tmp_path) == 4, what="the end of the oldest")
    player.stop()
    assert running(tmp_path) == 0


def test_a_sound_is_played_while_a_program_that_hangs_is_ended(
    tmp_path, play, wait_until, monkeypatch
):
    played = threading.Event()

    def end(process, limit):
        assert played.wait(10.0)
        end_program(process, limit)

    monkeypatch.setattr(sound_player, "end_program", end)
    player = SoundPlayer(f"{sys.executable} {tmp_path}/hangs.py {tmp_path} deaf")
    for _ in range(5):
        play(player)
    assert running(tmp_path) == 5
    played.set()
    wait_until(lambda: running(tmp_path) == 4, what="the end of the oldest")
    player.stop()
