# SPDX-License-Identifier: Apache-2.0
"""A thread that dies or hangs is noticed, named once, and told to all who must stop."""

import threading

import pytest

from x2c_node import supervisor as module
from x2c_node.supervisor import Pulse, Supervisor


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
    thread.join(10.0)
    assert not thread.is_alive()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("no such thing"), "ValueError: no such thing"),
        (SystemExit(), "SystemExit"),
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
            over.wait(60.0)

    def beat():
        with supervisor.pulse("camera_node", 0.2) as pulse:
            while not over.wait(0.001):
                pulse.beat()

    def rest():
        with supervisor.pulse("face_tracker_node", 0.2) as pulse, pulse.rest():
            over.wait(60.0)

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
            thread.join(10.0)
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
