# SPDX-License-Identifier: Apache-2.0
"""States of the joints and their transitions: a state machine without joints or clocks."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from x2c_actuation.errors import RefusedError


class State(enum.Enum):
    """Input that the joints follow."""

    DISABLED = 1
    """Nothing: no command is sent."""
    RAMPING = 2
    """Control values, eased in from where the joints were."""
    ACTIVE = 3
    """Control values."""
    HOLDING = 4
    """Nothing new: control values stay away."""
    EASING = 5
    """The neutral face; then they are disabled."""
    HALTING = 6
    """Nothing: they brake, then they are disabled."""
    STOPPED = 7
    """An emergency stop: they brake and hold until it is reset."""
    FAULT = 8
    """Something is wrong: they hold until it is reset."""


LATCHED = (State.STOPPED, State.FAULT)
"""States that only a reset ends."""

WATCHED = (State.RAMPING, State.ACTIVE, State.HOLDING)
"""States that control values keep up."""

ENDING = (State.EASING, State.HALTING)
"""States that end as soon as the joints have arrived."""

_OPEN = (State.DISABLED, State.HOLDING, State.EASING, State.HALTING)
"""States out of which control values are followed, where armed."""

_RESET = "reset; call ~/enable to go on"


class Ending(enum.StrEnum):
    """Behaviour of the face when it is given up."""

    NEUTRAL = "neutral"
    """It eases to neutral."""
    HOLD = "hold"
    """It stays as it is."""


@dataclass(frozen=True)
class StateTiming:
    """Times of the state changes [s].

    Attributes:
        ramp: Time for easing in control values.
        hold_after: Without control values for so long, the joints hold.
        neutral_after: Without them for so long, what `on_input_loss` says happens.
        ease: Time of the face's ease to neutral; longer if its limits require it.
        on_input_loss: Behaviour of the face without control values.
        resume: Whether control values are followed again when they come back after that.
    """

    ramp: float = 0.6
    hold_after: float = 0.5
    neutral_after: float = 2.0
    ease: float = 1.0
    on_input_loss: Ending = Ending.NEUTRAL
    resume: bool = True


class ActuationStateMachine:
    """The state of actuation. Times are seconds of a steady clock; they never go back.

    Attributes:
        timing: Times of the state changes; may be replaced at any time.

    Args:
        timing: Times of the state changes.
        armed: Whether control values are followed as soon as some come.
        now: The time [s].
    """

    def __init__(self, timing: StateTiming, armed: bool, now: float) -> None:
        self.timing = timing
        self._armed = False
        self._input: float | None = None
        self._asserted = False
        self._given_up = False
        self._was_reset = False
        self._state, self._reason, self._since = State.DISABLED, "", now
        self.restart(armed, now)

    @property
    def state(self) -> State:
        """Input that the joints follow."""
        return self._state

    @property
    def reason(self) -> str:
        """Reason for this state."""
        return self._reason

    @property
    def since(self) -> float:
        """Time at which this state was entered [s]."""
        return self._since

    @property
    def armed(self) -> bool:
        """True if control values are followed as soon as some come."""
        return self._armed

    @property
    def asserted(self) -> bool:
        """True while a source asserts the emergency stop."""
        return self._asserted

    def input_age(self, now: float) -> float | None:
        """Return how long ago control values came [s]; None where none came."""
        return None if self._input is None else now - self._input

    def restart(self, armed: bool, now: float) -> None:
        """Start again after a pause; latched states stay, and after a reset `enable` is awaited.

        Args:
            armed: Whether control values are followed as soon as some come, but for that.
            now: The time [s].
        """
        self._input = None
        if self._state in LATCHED:
            return
        self._armed = armed and not self._was_reset
        if self._was_reset:
            self._enter(State.DISABLED, _RESET, now)
        else:
            reason = "waits for control values" if armed else "not enabled yet"
            self._enter(State.DISABLED, reason, now)

    def take_input(self, now: float) -> None:
        """Note that control values have come."""
        self._input = now

    def enable(self, now: float) -> None:
        """Follow control values.

        Raises:
            RefusedError: An emergency stop or a fault has to be reset first.
        """
        if self._state in LATCHED:
            raise RefusedError(f"{self._reason}: call ~/reset first")
        self._armed, self._was_reset = True, False
        if self._state is State.DISABLED:
            self._reason = "waits for control values"

    def disable(self, now: float, reason: str = "disabled") -> None:
        """Follow nothing any more, and stay as soon as the joints stand."""
        self._armed = False
        if self._state in (*WATCHED, State.EASING):
            self._enter(State.HALTING, reason, now)
        elif self._state is State.DISABLED:
            self._reason = reason

    def ease(self, reason: str, now: float) -> None:
        """Go to the neutral face, then follow nothing.

        Raises:
            RefusedError: An emergency stop or a fault has to be reset first.
        """
        if self._state in LATCHED:
            raise RefusedError(f"{self._reason}: call ~/reset first")
        self._armed = False
        self._enter(State.EASING, reason, now)

    def assert_estop(self, by: str, now: float) -> None:
        """Stop, whatever the state."""
        self._asserted = True
        self._armed = False
        if self._state is not State.STOPPED:
            self._enter(State.STOPPED, f"emergency stop by {by}", now)

    def release(self) -> None:
        """Note that no source asserts the emergency stop any more; it stays until the reset."""
        self._asserted = False

    def fail(self, reason: str, now: float) -> None:
        """Stop because something is wrong; an emergency stop goes before."""
        self._armed = False
        if self._state not in LATCHED:
            self._enter(State.FAULT, reason, now)

    def reset(self, now: float) -> None:
        """End an emergency stop or a fault; the joints brake and stay until `enable`.

        Raises:
            RefusedError: A source still asserts the emergency stop.
        """
        if self._asserted:
            raise RefusedError("the emergency stop is still asserted: release it first")
        if self._state in LATCHED:
            self._was_reset = True
            self._enter(State.HALTING, _RESET, now)

    def tick(self, arrived: bool, now: float, ready: bool = True) -> None:
        """Change the state where time or motion ask for it.

        Args:
            arrived: Whether the joints stand where this state has sent them; only states of
                `ENDING` ask for it.
            now: The time [s].
            ready: Whether the joints may begin to move.
        """
        timing, spent = self.timing, now - self._since
        age = self.input_age(now)
        fresh = age is not None and age <= timing.hold_after
        if self._state in _OPEN and self._armed and fresh and ready:
            self._enter(State.RAMPING, "control values have come", now)
        elif self._state in (State.RAMPING, State.ACTIVE) and not fresh:
            self._enter(State.HOLDING, "control values stay away", now)
        elif self._state is State.RAMPING and spent >= timing.ramp:
            self._enter(State.ACTIVE, "follows control values", now)
        elif self._state is State.HOLDING:
            if age is None or age > timing.neutral_after:
                self._give_up(now)
        elif self._state is State.EASING and arrived:
            self._enter(State.DISABLED, f"at neutral: {self._reason}", now)
        elif self._state is State.HALTING and arrived:
            self._enter(State.DISABLED, self._reason, now)

    def _give_up(self, now: float) -> None:
        """React to control values that stay away; who enables after that is not disarmed again."""
        if not self._given_up:
            self._given_up = True
            self._armed = self._armed and self.timing.resume
        if self.timing.on_input_loss is Ending.NEUTRAL:
            self._enter(State.EASING, "control values stay away", now)

    def _enter(self, state: State, reason: str, now: float) -> None:
        self._state, self._reason, self._since = state, reason, now
        self._given_up = False
