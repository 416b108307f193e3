# SPDX-License-Identifier: Apache-2.0
"""A thread that dies or hangs is noticed, named once, and told to all who must stop."""

import sys
import threading

import pytest

from x2c_node.supervision import supervisor as module
from x2c_node.supervision.supervisor import Pulse, Supervisor
from x2c_testing.waiting import LONGEST_WAIT


@pytest.fixture
def supervisor(monkeypatch):
    monkeypatch.setattr(module, "LOOK", 0.01)
    one = Supervisor()
    yield one
    one.stop()


@pytest.fixture
def faults(supervisor):
    heard = []
    supervisor.on_fault(heard.append)
    return heard


def in_thread(run):
    thread = threading.Thread(target=run)
    thread.start()
    thread.join(LONGEST_WAIT)
    assert not thread.is_alive()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("no such thing"), "ValueError: no such thing"),
        (SystemExit(), "SystemExit"),
        # No signal raises it there: code of others does.
        (KeyboardInterrupt(), "KeyboardInterrupt"),
        (MemoryError(), "MemoryError"),
    ],
)
def test_the_first_death_is_told_to_all_at_once(supervisor, faults, error, said):
    def hears_and_fails(reason):
        raise RuntimeError(reason)

    supervisor.on_fault(hears_and_fails)
    later = []
    supervisor.on_fault(later.append)

    def die(name):
        with supervisor.pulse(name):
            raise error

    in_thread(lambda: die("motors"))
    in_thread(lambda: die("camera"))
    assert faults == later == [f"thread motors has died: {said}"]
    assert supervisor.fault == faults[0]


def test_an_end_in_order_is_no_fault(supervisor, faults):
    def run():
        with supervisor.pulse("motors", 0.05):
            pass

    in_thread(run)
    supervisor.start()
    assert not threading.Event().wait(0.1)
    assert not faults


def test_ctrl_c_is_no_fault_and_goes_through(supervisor, faults):
    with pytest.raises(KeyboardInterrupt), supervisor.pulse("main"):
        raise KeyboardInterrupt
    assert not faults


def test_without_a_supervisor_errors_go_through():
    with pytest.raises(ValueError, match="as ever"), Pulse():
        raise ValueError("as ever")


def test_a_thread_that_hangs_is_named(supervisor, faults, wait_until, monkeypatch):
    ended = []
    monkeypatch.setattr(module, "PATIENCE", 0.01)
    monkeypatch.setattr(module.os, "_exit", ended.append)
    over = threading.Event()

    def hang():
        with supervisor.pulse("actuation_node", 0.2):
            over.wait(LONGEST_WAIT)

    def beat():
        with supervisor.pulse("camera_node", 0.2) as pulse:
            while not over.wait(0.001):
                pulse.beat()

    def rest():
        with supervisor.pulse("face_tracker_node", 0.2) as pulse, pulse.rest():
            over.wait(LONGEST_WAIT)

    threads = [threading.Thread(target=one) for one in (hang, beat, rest)]
    for thread in threads:
        thread.start()
    supervisor.start()
    try:
        wait_until(lambda: faults, "the fault")
        # The process does not end by itself, so it is ended.
        wait_until(lambda: ended, "the end")
    finally:
        over.set()
        for thread in threads:
            thread.join(LONGEST_WAIT)
    assert faults == ["thread actuation_node has hung for 0.2 s"]
    assert ended == [module.EXIT_STATUS]


def test_a_rest_begins_the_count_again(supervisor):
    pulse = supervisor.pulse("motors", 1.0)
    with pulse:
        beats = pulse.beats
        assert pulse.counts
        with pulse.rest(), pulse.rest():
            assert not pulse.counts
        assert pulse.counts
        assert pulse.beats > beats
    assert not pulse.counts


def test_threads_that_have_ended_are_forgotten(supervisor):
    for _ in range(100):
        with supervisor.pulse("motors"):
            pass
    assert len(supervisor._pulses) < 5


def test_a_pulse_that_rests_before_its_thread_runs_is_watched(supervisor, faults, wait_until):
    over = threading.Event()
    pulse = supervisor.pulse("actuation_node", 0.2)
    # A node configures and activates, which makes another thread, before it spins.
    with pulse.rest():
        pass
    supervisor.pulse("motors")

    def hang():
        with pulse:
            over.wait(LONGEST_WAIT)

    thread = threading.Thread(target=hang)
    thread.start()
    supervisor.start()
    try:
        wait_until(lambda: faults, "the fault")
    finally:
        over.set()
        thread.join(LONGEST_WAIT)
    assert faults == ["thread actuation_node has hung for 0.2 s"]


class Full:
    """A stream on a full disk."""

    def write(self, text):
        raise OSError(28, "No space left on device")

    flush = write


class UnsayableError(Exception):
    def __str__(self):
        raise ValueError("no text")


@pytest.mark.parametrize("error", [ValueError("no such motor"), UnsayableError()])
def test_a_death_that_cannot_be_printed_is_told_all_the_same(
    supervisor, faults, monkeypatch, error
):
    monkeypatch.setattr(sys, "stderr", Full())

    def fails(reason):
        raise RuntimeError(reason)

    supervisor.on_fault(fails)
    later = []
    supervisor.on_fault(later.append)

    def die():
        with supervisor.pulse("motors"):
            raise error

    in_thread(die)
    assert faults == later
    assert faults[0].startswith(f"thread motors has died: {type(error).__name__}")
    assert supervisor.over


def test_all_halt_before_the_first_report(supervisor):
    order = []
    for name in "ab":
        supervisor.on_fault(
            lambda reason, name=name: order.append(f"{name} halts"),
            lambda reason, name=name: order.append(f"{name} reports"),
        )
    supervisor.fail("thread motors has died")
    assert order == ["a halts", "b halts", "a reports", "b reports"]


def test_a_report_that_hangs_keeps_nothing_from_ending(supervisor, faults, monkeypatch):
    monkeypatch.setattr(module, "REPORTING", 0.01)
    over = threading.Event()
    supervisor.on_fault(faults.append, lambda reason: over.wait(LONGEST_WAIT))
    supervisor.fail("thread motors has died")
    assert supervisor.over
    over.set()


def test_a_process_that_can_have_no_more_threads_halts(supervisor, faults, monkeypatch):
    def refuse(thread):
        raise RuntimeError("can't start new thread")

    told = []
    supervisor.on_fault(faults.append, told.append)
    supervisor.start()
    monkeypatch.setattr(threading.Thread, "start", refuse)
    supervisor.fail("thread motors has died")
    assert faults[0] == told[0] == "thread motors has died"
    assert supervisor.over
