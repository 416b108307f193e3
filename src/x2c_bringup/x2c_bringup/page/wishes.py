# SPDX-License-Identifier: Apache-2.0
"""Messages of browsers: what a user wants, checked before anything is done."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from dataclasses import dataclass, field

from x2c_bringup.errors import PageError
from x2c_core.files.bounded_json import load_json

LONGEST = 2048
"""Longest message of a browser [byte]."""

STOP = "stop"
LET_GO = "let go"
ACTIONS = (
    *("reset", "enable", "disable", "neutral", "calibrate", "next person"),
    *("record", "end recording", LET_GO),
)
"""Actions of buttons, besides the emergency stop."""

SET, STYLE = "set", "style"
"""Actions with a value: of a parameter, and the name of a style."""

_MOST = 64
_LARGEST = 2**31


@dataclass(frozen=True)
class Wish:
    """Something to do with the running nodes.

    Attributes:
        action: One of ACTIONS, STOP, SET or STYLE.
        node: Name of the node whose parameter is set, without its namespace.
        parameter: Name of the parameter.
        value: Its new value, or the name of the style.
    """

    action: str
    node: str = ""
    parameter: str = ""
    value: bool | float | str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """Identity for a later wish to replace it: its action, or its parameter."""
        return self.action, self.node, self.parameter


@dataclass(frozen=True)
class BrowserState:
    """State of a browser.

    Attributes:
        ready: Whether it has drawn the last message and can take another.
        looking: Whether the page is visible; None if the message does not say.
    """

    ready: bool = False
    looking: bool | None = None


@dataclass(frozen=True)
class SliderMove:
    """Sliders that a user has moved.

    Attributes:
        controls: Values of controls by name [ratio or rad].
        expressions: Weights of named expressions, 0 to 1.
        together: Whether the other side of the face does the same.
    """

    controls: dict[str, float] = field(default_factory=dict)
    expressions: dict[str, float] = field(default_factory=dict)
    together: bool = False


def parse(text: str | bytes) -> Wish | BrowserState | SliderMove:
    """Return the content of a browser's message.

    Raises:
        PageError: It is no message of the page; the text says why.
    """
    try:
        content = load_json(text)
    except ValueError as error:
        raise PageError(f"expected JSON: {error}") from error
    if not isinstance(content, dict):
        raise PageError(f"expected a JSON object, got {content!r:.80}")
    if "do" not in content:
        looking = content.get("looking")
        if unknown := content.keys() - {"ready", "looking"}:
            raise PageError(f"unknown entries: {', '.join(sorted(unknown))[:80]}")
        return BrowserState(bool(content.get("ready")), None if looking is None else bool(looking))
    action = content["do"]
    if action == SET:
        return _set(content)
    if action == STYLE:
        return _style(content)
    if action == "move":
        return _move(content)
    if action not in (STOP, *ACTIONS):
        raise PageError(f"unknown action {action!r:.80}")
    return Wish(action)


def _set(content: dict[str, object]) -> Wish:
    node, name, value = (content.get(key) for key in ("node", "parameter", "value"))
    if not isinstance(node, str) or not isinstance(name, str):
        raise PageError("set: expected the names of a node and a parameter")
    if not isinstance(value, bool | float | int | str):
        raise PageError(f"set {name}: expected a value, got {value!r:.80}")
    if isinstance(value, float) and not math.isfinite(value):
        raise PageError(f"set {name}: expected a finite number, got {value}")
    if isinstance(value, int) and abs(value) > _LARGEST:
        raise PageError(f"set {name}: {value!r:.20} … is too large")
    return Wish(SET, node, name, value)


def _style(content: dict[str, object]) -> Wish:
    name = content.get("name")
    if not isinstance(name, str):
        raise PageError(f"style: expected the name of a style, got {name!r:.80}")
    return Wish(STYLE, value=name)


def _move(content: dict[str, object]) -> SliderMove:
    if unknown := content.keys() - {"do", "controls", "expressions", "together"}:
        raise PageError(f"move: unknown entries: {', '.join(sorted(unknown))[:80]}")
    parts: dict[str, dict[str, float]] = {}
    for kind in ("controls", "expressions"):
        values = content.get(kind, {})
        if not isinstance(values, dict):
            raise PageError(f"move: {kind}: expected values by name, got {values!r:.80}")
        for name, value in values.items():
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise PageError(f"move: {name:.80}: expected a number, got {value!r:.80}")
            if not abs(value) <= _LARGEST:
                raise PageError(f"move: {name:.80}: expected a finite number, got {value!r:.20}")
        parts[kind] = {name: float(value) for name, value in values.items()}
    return SliderMove(**parts, together=bool(content.get("together")))


class WishList:
    """Wishes in the order in which each kind last came; for use from any thread.

    A slider that is moved faster than its node answers leaves only its last value. Of "disable",
    "enable" and "disable" again the last one remains the last.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wishes: OrderedDict[tuple[str, str, str], Wish] = OrderedDict()

    def add(self, wish: Wish) -> None:
        """Take a wish.

        Raises:
            PageError: Too many wait.
        """
        with self._lock:
            if wish.key not in self._wishes and len(self._wishes) >= _MOST:
                raise PageError("too many wishes wait: the nodes do not answer")
            self._wishes[wish.key] = wish
            self._wishes.move_to_end(wish.key)

    def take(self) -> Wish | None:
        """Remove and return the first wish; None if there is none."""
        with self._lock:
            return self._wishes.popitem(last=False)[1] if self._wishes else None

    def clear(self) -> None:
        """Forget all wishes, as a stop does."""
        with self._lock:
            self._wishes.clear()

    def __len__(self) -> int:
        """Return how many wait."""
        with self._lock:
            return len(self._wishes)
