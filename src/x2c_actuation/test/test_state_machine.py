# SPDX-License-Identifier: Apache-2.0
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from x2c_actuation.errors import RefusedError
from x2c_actuation.safety.state_machine import (
    LATCHED,
    WATCHED,
    ActuationStateMachine,
    Ending,
    State,
    StateTiming,
)

TIMING = StateTiming(ramp=0.5, hold_after=0.2, neutral_after=1.0, ease=1.0)


def state_machine(armed=True, **changed):
    return ActuationStateMachine(StateTiming(**{**TIMING.__dict__, **changed}), armed, 0.0)


def follow(one, start, seconds):
    """Let control values come ten times in 0.1 s; returns the time after."""
    now = start
    while now < start + seconds:
        one.take_input(now)
        one.tick(False, now)
        now += 0.01
    return now


def test_control_values_are_ramped_in_then_followed():
    one = state_machine()
    one.tick(True, 0.0)
    assert one.state is State.DISABLED
    now = follow(one, 0.0, 0.4)
    assert one.state is State.RAMPING
    follow(one, now, 0.3)
    assert one.state is State.ACTIVE


def test_without_being_armed_control_values_are_nothing():
    one = state_machine(armed=False)
    now = follow(one, 0.0, 1.0)
    assert one.state is State.DISABLED
    one.enable(now)
    follow(one, now, 1.0)
    assert one.state is State.ACTIVE


def lost(**changed):
    one = state_machine(**changed)
    now = follow(one, 0.0, 1.0)
    for _ in range(30):
        one.tick(False, now)
        now += 0.01
    assert one.state is State.HOLDING
    return one, now


def test_silence_holds_then_eases_then_disables_and_comes_back():
    one, now = lost()
    one.tick(False, now + 1.0)
    assert one.state is State.EASING
    one.tick(True, now + 2.0)
    assert one.state is State.DISABLED
    assert one.armed
    follow(one, now + 3.0, 0.1)
    assert one.state is State.RAMPING


def test_silence_can_mean_to_hold_for_ever():
    one, now = lost(on_input_loss=Ending.HOLD)
    one.tick(True, now + 1000.0)
    assert one.state is State.HOLDING
    follow(one, now + 1001.0, 0.1)
    assert one.state is State.RAMPING


@pytest.mark.parametrize(
    ("ending", "end"), [(Ending.NEUTRAL, State.DISABLED), (Ending.HOLD, State.HOLDING)]
)
def test_what_was_given_up_stays_so_where_nothing_is_to_resume(ending, end):
    one, now = lost(on_input_loss=ending, resume=False)
    one.tick(False, now + 1.0)
    one.tick(True, now + 2.0)
    now = follow(one, now + 3.0, 1.0)
    assert one.state is end
    assert not one.armed
    one.enable(now)
    follow(one, now, 0.1)
    assert one.state is State.RAMPING


def test_what_was_given_up_can_be_enabled_before_control_values_come():
    one, now = lost(on_input_loss=Ending.HOLD, resume=False)
    one.tick(False, now + 1.0)
    one.enable(now + 2.0)
    one.tick(True, now + 3.0)
    follow(one, now + 4.0, 0.1)
    assert one.state is State.RAMPING


def test_a_short_silence_is_not_given_up():
    one, now = lost(on_input_loss=Ending.HOLD, resume=False)
    follow(one, now, 0.1)
    assert one.state is State.RAMPING


def test_disabling_brakes_first():
    one = state_machine()
    now = follow(one, 0.0, 1.0)
    one.disable(now)
    assert one.state is State.HALTING
    now = follow(one, now, 0.5)
    assert one.state is State.HALTING
    one.tick(True, now)
    assert one.state is State.DISABLED


def test_neutral_is_gone_to_and_control_values_are_ignored_until_enabled():
    one = state_machine()
    now = follow(one, 0.0, 1.0)
    one.ease("asked", now)
    now = follow(one, now, 0.5)
    assert one.state is State.EASING
    one.tick(True, now)
    assert one.state is State.DISABLED
    one.enable(now)
    follow(one, now, 0.1)
    assert one.state is State.RAMPING


@pytest.mark.parametrize("seconds", [0.0, 0.3, 1.0])
def test_an_emergency_stop_latches_in_any_state(seconds):
    one = state_machine()
    now = follow(one, 0.0, seconds)
    one.assert_estop("button", now)
    now = follow(one, now, 2.0)
    assert one.state is State.STOPPED
    assert "button" in one.reason
    for refused in (one.enable, lambda now: one.ease("asked", now), one.reset):
        with pytest.raises(RefusedError):
            refused(now)
    one.release()
    now = follow(one, now, 2.0)
    assert one.state is State.STOPPED
    with pytest.raises(RefusedError, match="call ~/reset first"):
        one.enable(now)
    one.restart(True, now)
    assert one.state is State.STOPPED
    one.reset(now)
    now = follow(one, now, 1.0)
    assert one.state is State.HALTING, "the joints still brake"
    one.tick(True, now)
    now = follow(one, now, 1.0)
    assert one.state is State.DISABLED, "a reset alone moves nothing"
    one.enable(now)
    follow(one, now, 0.1)
    assert one.state is State.RAMPING


def test_a_fault_latches_and_a_stop_goes_before_it():
    one = state_machine()
    now = follow(one, 0.0, 1.0)
    one.fail("blocked", now)
    one.fail("blocked again", now)
    assert (one.state, one.reason) == (State.FAULT, "blocked")
    one.assert_estop("button", now)
    assert one.state is State.STOPPED
    one.fail("blocked", now)
    assert one.state is State.STOPPED
    one.release()
    one.reset(now)
    one.tick(True, now)
    assert one.state is State.DISABLED


@pytest.mark.parametrize("cause", ["assert_estop", "fail"])
def test_what_was_reset_waits_for_enable_also_after_a_pause(cause):
    one = state_machine()
    now = follow(one, 0.0, 1.0)
    getattr(one, cause)("button", now)
    one.release()
    one.reset(now)
    for _ in range(2):
        one.restart(True, now)
        now = follow(one, now, 1.0)
        assert one.state is State.DISABLED
        assert "~/enable" in one.reason
    one.enable(now)
    now = follow(one, now, 0.1)
    assert one.state is State.RAMPING
    one.restart(True, now)
    follow(one, now, 0.1)
    assert one.state is State.RAMPING


def test_joints_that_may_not_be_moved_yet_are_not():
    one = state_machine()
    one.take_input(0.0)
    one.tick(True, 0.0, ready=False)
    assert one.state is State.DISABLED
    one.tick(True, 0.1, ready=True)
    assert one.state is State.RAMPING


class AnySequence(RuleBasedStateMachine):
    """Whatever happens in whatever order, the rules of safety hold."""

    def __init__(self):
        super().__init__()
        self.now = 0.0
        self.one = state_machine()
        self.must_reset = False
        self.allowed = True
        self.must_enable = False
        self.last_input = None

    @rule(seconds=st.sampled_from([0.0, 0.01, 0.15, 0.3, 1.1, 100.0]), arrived=st.booleans())
    def tick(self, seconds, arrived):
        self.now += seconds
        self.one.tick(arrived, self.now)

    @rule()
    def take_input(self):
        self.one.take_input(self.now)
        self.last_input = self.now

    @rule()
    def enable(self):
        try:
            self.one.enable(self.now)
        except RefusedError:
            assert self.must_reset
        else:
            assert not self.must_reset
            self.allowed, self.must_enable = True, False

    @rule()
    def disable(self):
        self.one.disable(self.now)
        self.allowed = False
        assert self.one.state not in (*WATCHED, State.EASING)

    @rule()
    def ease(self):
        try:
            self.one.ease("asked", self.now)
        except RefusedError:
            assert self.must_reset
        else:
            self.allowed = False

    @rule()
    def assert_estop(self):
        self.one.assert_estop("button", self.now)
        self.must_reset, self.allowed = True, False
        assert self.one.state is State.STOPPED

    @rule()
    def release(self):
        self.one.release()

    @rule()
    def fail(self):
        self.one.fail("broken", self.now)
        self.must_reset, self.allowed = True, False

    @rule()
    def reset(self):
        try:
            self.one.reset(self.now)
        except RefusedError:
            assert self.one.asserted
        else:
            self.must_enable = self.must_enable or self.must_reset
            self.must_reset = False

    @precondition(lambda self: not self.must_reset)
    @rule(armed=st.booleans())
    def restart(self, armed):
        self.one.restart(armed, self.now)
        self.allowed = armed and not self.must_enable
        self.last_input = None

    @invariant()
    def latches(self):
        assert (self.one.state in LATCHED) == self.must_reset

    @invariant()
    def nothing_is_followed_that_nobody_has_allowed(self):
        if self.one.state in WATCHED:
            assert self.allowed
            assert self.last_input is not None
        assert not self.one.armed or self.allowed

    @invariant()
    def a_state_has_a_reason_and_a_beginning(self):
        assert self.one.reason
        assert 0.0 <= self.one.since <= self.now


AnySequence.TestCase.settings = settings(max_examples=100, stateful_step_count=40)
TestAnySequence = AnySequence.TestCase
