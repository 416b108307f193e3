# SPDX-License-Identifier: Apache-2.0
"""Questions to a user, and what counts as an answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from rich.console import Console
from rich.markup import escape

from x2c_core.terminal.answers import Watcher, standard_answers

_ARROWS: Mapping[str, str] = {"A": "+5", "B": "-5", "C": "+1", "D": "-1"}
_KEYS: Mapping[bytes, str] = {
    start + end.encode(): step for end, step in _ARROWS.items() for start in (b"\x1b[", b"\x1bO")
}
"""Steps of the arrow keys [deg]."""

_YES_NO: Mapping[str, bool] = {"y": True, "yes": True, "n": False, "no": False}


T = TypeVar("T")


class Quit(Exception):  # noqa: N818 - the user's wish, no error
    """The user wants to stop, or the input has ended."""


class Dialogue:
    """Questions and answers on standard input, be it a keyboard, a file or a pipe.

    An answer that is none of those asked for never counts as one of them: it is asked for again.

    Args:
        console: Shows the questions.
    """

    def __init__(self, console: Console) -> None:
        self.console = console
        self._answers = standard_answers(lambda text: print(text, end="", flush=True))

    def say(self, text: str) -> None:
        """Print a text with Rich markup."""
        self.console.print(text, highlight=False, soft_wrap=True)

    def report(self, error: Exception) -> None:
        """Print what was wrong."""
        self.console.print(
            str(error), style="yellow", markup=False, highlight=False, soft_wrap=True
        )

    def ask(self, question: str) -> str:
        """Return the answer to a question, without spaces around it.

        Raises:
            Quit: The answer is q or quit, or input has ended.
        """
        return self._ask(question, None, {})

    def command(self, prompt: str, watch: Watcher | None = None) -> str:
        """Return a command: a line, or the step that an arrow key stands for.

        Args:
            prompt: Shown before it.
            watch: Called again and again while the command is awaited.

        Raises:
            Quit: It is q or quit, or input has ended.
        """
        return self._ask(prompt, watch, _KEYS)

    def choose(self, question: str, choices: Mapping[str, T]) -> T:
        """Ask until the answer is one of the choices, and return what that stands for.

        Args:
            question: Question that lists the choices.
            choices: Values by answer in small letters.

        Raises:
            Quit: The answer is q or quit, or input has ended.
        """
        while (answer := self.ask(question).lower()) not in choices:
            names = ", ".join(name or "Enter" for name in choices)
            self.say(f"[yellow]{escape(repr(answer))} is none of: {names}, q[/yellow]")
        return choices[answer]

    def confirm(self, question: str) -> bool:
        """Ask until the answer is yes or no, and return whether it is yes.

        Raises:
            Quit: The answer is q or quit, or input has ended.
        """
        return self.choose(f"{question} y: yes; n: no.", _YES_NO)

    def _ask(self, question: str, watch: Watcher | None, keys: Mapping[bytes, str]) -> str:
        self.console.print(f"[bold]{question}[/bold]", end=" ", highlight=False, soft_wrap=True)
        line = self._answers.read(watch, keys)
        if not self._answers.keyboard:
            # What a script answers is read along with what was asked.
            self.console.print((line or "").rstrip("\n"), markup=False, highlight=False)
        if line is None or line.strip().lower() in ("q", "quit"):
            raise Quit
        return line.strip()
