# SPDX-License-Identifier: Apache-2.0
"""Keys that stop, reset, enable, calibrate and end a composed run."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Any, Protocol, Self

from rich.console import Console
from std_srvs.srv import SetBool, Trigger

from x2c_core.terminal.keys import Keys

_END = "q"

HELP = "Keys: space stops, r resets, e enables, c calibrates, n goes to neutral, q ends."

_ACTUATION, _TRACKER, _DRIVER = "actuation_node", "face_tracker_node", "motor_driver_node"

_RELEASED = 2.0
"""Time limit for nodes to hear that the stop is released [s]."""

_POLL = 0.1

_RESET = (_ACTUATION, _DRIVER)


class Operated(Protocol):
    """Nodes that keys operate."""

    def ask(self, name: str, service: str, request: Any) -> Any:
        """Return a node's response to a request; None if it has no such service now."""

    def publish_stop(self, asserted: bool) -> None:
        """Publish the emergency stop."""


class Keyboard:
    """Keys of the terminal that operate a run, while in a `with` block.

    Args:
        operated: Nodes that the keys operate.
        console: Console for what came of a key.
        enabled: Whether there are keys at all.

    Attributes:
        end_wanted: Whether the key that ends the run was pressed.
    """

    def __init__(self, operated: Operated, console: Console, *, enabled: bool) -> None:
        self._operated = operated
        self._console = console
        self._keys = Keys() if enabled else None
        self.end_wanted = False

    def __enter__(self) -> Self:
        """Take keys, and say which there are."""
        if self._keys is not None and self._keys.available:
            self._keys.__enter__()
            self._say(HELP)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Set the terminal up as it was."""
        if self._keys is not None:
            self._keys.__exit__(kind, error, traceback)

    def wait(self, seconds: float) -> None:
        """Wait for a time [s], and do at once what keys ask for."""
        if self._keys is None:
            time.sleep(seconds)
            return
        for key in self._keys.wait(seconds):
            if key.lower() == _END:
                self.end_wanted = True
            elif said := press(key, self._operated):
                self._say(said)

    def _say(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


def press(key: str, operated: Operated) -> str:
    """Operate the nodes as a key asks for.

    Args:
        key: The key.
        operated: Nodes that the keys operate.

    Returns:
        What came of it, in words; empty for a key without meaning.
    """
    actions = {
        " ": ("stop", _stop),
        "r": ("reset", _reset),
        "e": ("enable", _enable),
        "n": ("neutral", _neutral),
        "c": ("calibrate", _calibrate),
    }
    label, action = actions.get(key.lower(), ("", None))
    return f"{label}: {action(operated)}" if action is not None else ""


def _stop(operated: Operated) -> str:
    # By the topic, too: motor drivers listen to it.
    operated.publish_stop(True)
    return _say(operated.ask(_ACTUATION, "~/estop", SetBool.Request(data=True)))


def _reset(operated: Operated) -> str:
    operated.publish_stop(False)
    operated.ask(_ACTUATION, "~/estop", SetBool.Request(data=False))
    limit = time.monotonic() + _RELEASED
    while True:
        answers = [operated.ask(name, "~/reset", Trigger.Request()) for name in _RESET]
        there = [one for one in answers if one is not None]
        if all(one.success for one in there) or time.monotonic() > limit:
            return _say(*there)
        time.sleep(_POLL)


def _enable(operated: Operated) -> str:
    return _say(operated.ask(_ACTUATION, "~/enable", SetBool.Request(data=True)))


def _neutral(operated: Operated) -> str:
    return _say(operated.ask(_ACTUATION, "~/neutral", Trigger.Request()))


def _calibrate(operated: Operated) -> str:
    return _say(operated.ask(_TRACKER, "~/calibrate_neutral", Trigger.Request()))


def _say(*responses: Any) -> str:
    """Return the answers in words; a refusal goes before what was done."""
    there = sorted((one for one in responses if one is not None), key=lambda one: one.success)
    texts = [one.message or ("done" if one.success else "refused") for one in there]
    said = ", ".join(dict.fromkeys(texts)).replace("call ~/reset, then ~/enable", "r, then e")
    return said.replace("~/enable", "e") or "the node is not ready"
