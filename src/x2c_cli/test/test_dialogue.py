# SPDX-License-Identifier: Apache-2.0
"""Answers as a user types, pastes or pipes them."""

import contextlib
import io
import os
import pty
import sys
import termios
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from x2c_bags.errors import TopicError
from x2c_cli.commands.analysis import evaluate
from x2c_core.terminal.dialogue import Dialogue, Quit

QUIET = Console(file=io.StringIO())
UP, RIGHT, APPLICATION_DOWN = b"\x1b[A", b"\x1b[C", b"\x1bOB"


class Terminal:
    """A user at a terminal."""

    def __init__(self):
        self.master, self.slave = pty.openpty()

    def type(self, data):
        os.write(self.master, data)

    def typist(self, *parts):
        """Return a watcher that types as soon as something is awaited."""
        left = list(parts)
        return lambda: left and self.type(left.pop(0))

    def close(self):
        for number in (self.master, self.slave):
            with contextlib.suppress(OSError):
                os.close(number)


@pytest.fixture
def terminal(monkeypatch):
    made = Terminal()
    with os.fdopen(os.dup(made.slave)) as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        yield made
    made.close()


@pytest.fixture
def talk(terminal):
    return Dialogue(Console(file=open(os.devnull, "w")))


@pytest.fixture
def piped(monkeypatch):
    """Answers that come over a pipe."""

    def open_pipe(data):
        read, write = os.pipe()
        os.write(write, data)
        os.close(write)
        monkeypatch.setattr(sys, "stdin", os.fdopen(read))
        return Dialogue(Console(file=open(os.devnull, "w")))

    return open_pipe


def test_a_pasted_line_is_one_answer_and_the_next_waits(terminal, talk):
    terminal.type(b"=1798\njaw pitch\r\nyes\r")
    assert talk.command(">") == "=1798"
    assert talk.ask("control") == "jaw pitch"
    assert talk.confirm("sure?")


def test_arrow_keys_are_steps_at_once(terminal, talk):
    for key, step in ((UP, "+5"), (RIGHT, "+1"), (APPLICATION_DOWN, "-5")):
        assert talk.command(">", terminal.typist(key)) == step
    terminal.type(b"a\n" + UP)
    assert talk.command(">") == "a"


def test_keys_held_down_while_a_motor_moved_are_dropped(terminal, talk):
    terminal.type(b"x\n")
    assert talk.command(">") == "x"
    terminal.type(UP * 40 + b"=5\n")
    assert talk.command(">") == "=5"


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        (b"jaq\x7fw\n", "jaw"),
        (b"\x1b[200~=12\x1b[201~\n", "=12"),
        (b"=1\x1b[3~2\x1b[D\x1bOP\n", "=12"),
        (b"nonsense\x15ok\n", "ok"),
        (b"neck nonsense\x17pitch\n", "neck pitch"),
        ("sch\N{LATIN SMALL LETTER O WITH DIAERESIS}n\n".encode(), "schön"),
        (b"a\x00\x07b\x04\n", "ab"),
        (b"\xff\xfe\n", "\ufffd\ufffd"),
        (b"jaw\tpitch\n", "jaw pitch"),
        (b"a\x1b\x1b[A?\n", "a?"),
        (b"\xc3\n", "\ufffd"),
    ],
)
def test_lines_are_edited_and_sequences_leave_nothing_behind(terminal, talk, typed, line):
    assert talk.command("?", terminal.typist(typed)) == line


@pytest.mark.parametrize("typed", [b"\x04", b"q\n", b"QUIT\n"])
def test_a_user_can_always_leave(terminal, talk, typed):
    terminal.type(typed)
    with pytest.raises(Quit):
        talk.command(">")


def test_a_terminal_that_is_closed_is_the_end(terminal, talk):
    os.close(terminal.master)
    for ask in (talk.ask, talk.command):
        with pytest.raises(Quit):
            ask("?")


def test_the_terminal_is_left_as_it_was(terminal, talk):
    before = termios.tcgetattr(terminal.slave)
    terminal.type(b"1\n")
    talk.command(">")
    assert termios.tcgetattr(terminal.slave) == before


def test_a_watcher_is_called_while_an_answer_is_awaited(terminal, talk):
    calls = []

    def watch():
        calls.append(time.monotonic())
        if len(calls) == 3:
            terminal.type(b"now\n")

    assert talk.command(">", watch) == "now"
    assert len(calls) >= 3


def test_what_a_watcher_raises_ends_the_question(talk):
    def watch():
        raise RuntimeError("gone")

    with pytest.raises(RuntimeError, match="gone"):
        talk.command(">", watch)


def test_a_pipe_is_read_to_its_end(piped):
    talk = piped(b"jaw\r\n\n=5")
    assert [talk.ask("?"), talk.command(">"), talk.command(">")] == ["jaw", "", "=5"]
    with pytest.raises(Quit):
        talk.ask("?")


def test_an_endless_line_is_cut(piped):
    talk = piped(b"x" * 60_000 + b"\nok\n")
    assert len(talk.ask("?")) <= 4096
    assert talk.ask("?") == "ok"


def test_without_standard_input_there_is_no_answer(monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(Quit):
        Dialogue(Console()).ask("?")


def test_the_topic_to_evaluate_is_asked_for_again_and_a_user_can_leave(terminal):
    several = TopicError("several topics", ["/a", "/b"])
    terminal.type(b"?\n0\n3\n2\n")
    assert evaluate._ask(several, QUIET) == "/b"
    terminal.type(b"q\n")
    with pytest.raises(TopicError):
        evaluate._ask(several, QUIET)


@given(st.text(max_size=20), st.sampled_from(["", "y", "yes", "n", "no", "Y", "NO"]))
def test_only_the_answers_asked_for_count(text, last):
    said = []

    class Scripted(Dialogue):
        def ask(self, question):
            said.append(question)
            return (text if len(said) == 1 else last or "n").strip()

        def say(self, text):
            QUIET.print(text)

    answer = Scripted(QUIET).confirm("Sure?")
    known = {"y": True, "yes": True, "n": False, "no": False}
    first = text.strip().lower()
    assert answer == known[first if first in known else (last or "n").lower()]
    assert len(said) == (1 if first in known else 2)


def test_arrows_do_not_answer_questions(terminal, talk):
    terminal.type(b"x\n" + UP + b"\n")
    assert talk.ask("?") == "x"
    assert talk.ask("?") == ""
