# SPDX-License-Identifier: Apache-2.0
import os
import signal
import subprocess

import pytest

from x2c_node.launcher import LAUNCHER_VARIABLE
from x2c_node.spinning.stopping import (
    INTERRUPTED,
    Launcher,
    SignalRule,
    stop_on_signals,
)

INT, TERM, HUP = signal.SIGINT, signal.SIGTERM, signal.SIGHUP


@pytest.mark.parametrize(
    ("heard", "hurried"),
    [
        pytest.param([(0.0, INT)], False, id="one"),
        pytest.param([(0.0, INT), (0.1, INT), (0.2, INT), (0.9, HUP)], False, id="a burst"),
        pytest.param([(0.0, INT), (5.0, TERM)], False, id="launch follows up"),
        pytest.param([(0.0, INT), (3.0, INT)], False, id="twice"),
        pytest.param(
            [(0.0, INT), (0.5, TERM), (5.0, INT), (8.0, TERM)],
            False,
            id="both at once, then again",
        ),
        pytest.param([(0.0, INT), (0.1, INT), (5.0, TERM), (5.1, TERM)], False, id="in pairs"),
        pytest.param([(0.0, INT), (3.0, INT), (5.0, TERM)], False, id="twice, then launch"),
        pytest.param([(0.0, INT), (3.0, INT), (5.0, TERM), (7.0, INT)], True, id="and again"),
        pytest.param([(0.0, INT), (5.0, TERM), (7.0, INT)], True, id="launch, then the user"),
        pytest.param([(0.0, INT), (1.0, INT), (2.0, INT)], True, id="three times"),
        pytest.param([(0.0, TERM), (1.5, TERM), (3.0, TERM)], True, id="three times TERM"),
        pytest.param([(0.0, HUP), (1.5, INT), (3.0, HUP)], True, id="of all kinds"),
        pytest.param([(0.2 * n, INT) for n in range(10)], False, id="two seconds of hammering"),
        pytest.param([(0.2 * n, INT) for n in range(11)], True, id="hammering"),
    ],
)
def test_only_a_third_signal_ends_at_once(heard, hurried):
    now = 100.0
    rule = SignalRule(lambda: now)
    assert not rule.wanted
    for after, number in heard:
        now = 100.0 + after
        rule.take(number)
    assert rule.wanted
    assert rule.hurried is hurried


@pytest.mark.parametrize("number", [INT, TERM, HUP])
def test_signals_are_wishes_only_for_a_while(number):
    before = signal.getsignal(number)
    with stop_on_signals() as request:
        assert not request.wanted
        signal.raise_signal(number)
        signal.raise_signal(number)
        assert request.wanted
        assert not request.hurried
    assert signal.getsignal(number) is before


@pytest.mark.parametrize("number", [INT, TERM, HUP])
def test_signals_are_ignored_by_a_process_that_is_ending(number):
    before = [(one, signal.getsignal(one)) for one in (INT, TERM, HUP)]
    try:
        with stop_on_signals(last=True):
            pass
        assert signal.getsignal(number) is signal.SIG_IGN
    finally:
        for one, handler in before:
            signal.signal(one, handler)


def test_nohup_is_heeded():
    before = signal.signal(HUP, signal.SIG_IGN)
    try:
        with stop_on_signals() as request:
            signal.raise_signal(HUP)
            assert not request.wanted
    finally:
        signal.signal(HUP, before)


@pytest.fixture
def parent():
    process = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
    yield process
    process.kill()
    process.communicate(timeout=60)


@pytest.mark.parametrize("handles", [True, False])
def test_the_end_of_the_launcher_is_noticed(parent, monkeypatch, wait_until, handles):
    if not handles:

        def refuse(process):
            raise PermissionError

        monkeypatch.setattr(os, "pidfd_open", refuse)
    monkeypatch.setenv(LAUNCHER_VARIABLE, str(parent.pid))
    with stop_on_signals() as request:
        assert not request.wanted
        parent.kill()
        if not handles:
            # Without handles it is there until its own parent has waited for it.
            parent.wait(timeout=60)
        wait_until(lambda: request.wanted, what="the end")
        assert not request.hurried


def test_a_launcher_that_has_ended_already_is_noticed(parent):
    parent.kill()
    parent.wait(timeout=60)
    assert Launcher(parent.pid).gone


@pytest.mark.parametrize("text", ["", "x", "-1"])
def test_without_a_launcher_none_is_watched(text):
    assert Launcher.of({LAUNCHER_VARIABLE: text}) is None


DISTINCT = "from x2c_node.spinning import stopping\nstopping.TOGETHER = 0.0\n"
"""Every signal counts, so that tests need not wait."""

HANG = """
def hang(self):
    print('hanging', flush=True)
    while not (WAKES and self.hurried):
        time.sleep(0.01)
    print('in a hurry', flush=True)

Program.deactivate = hang
"""


@pytest.mark.parametrize(("wakes", "status"), [(True, INTERRUPTED), (False, -signal.SIGALRM)])
def test_a_third_signal_ends_a_node_at_once(program, wakes, status):
    process = program(f"{DISTINCT}WAKES = {wakes}\n{HANG}")
    process.wait_for("active")
    process.popen.send_signal(INT)
    process.wait_for("hanging")
    process.popen.send_signal(TERM)
    process.wait_for("one more signal ends it at once")
    assert "in a hurry" not in process.output
    assert process.stop() == status
    assert ("cleaned up" in process.output) is wakes
    assert "Traceback" not in process.output


def test_a_node_ends_in_order_when_its_launcher_is_killed(program, parent):
    process = program(environment={LAUNCHER_VARIABLE: str(parent.pid)})
    process.wait_for("active")
    parent.kill()
    assert process.wait() == 0
    assert "cleaned up" in process.output
    assert "has ended: it ends too" in process.output
