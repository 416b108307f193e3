# SPDX-License-Identifier: Apache-2.0
"""A parser of command lines whose errors are short, and say what a typo may have meant."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from typing import Any, NoReturn

from x2c_core.words import did_you_mean

_CHOICE = re.compile(
    r"(?:argument COMMAND: )?invalid choice: '?(?P<word>[^']*?)'? \(choose from (?P<known>.*)\)$",
    re.DOTALL,
)

_MOST_LISTED = 12
"""More choices than this are not listed in an error."""


class CommandParser(argparse.ArgumentParser):
    """Parser of a command and, by `add_subparsers`, of those below it."""

    def parse_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> argparse.Namespace:
        """Parse a command line; an option that is not known is an error of its command."""
        options: argparse.Namespace
        options, extra = self.parse_known_args(args, namespace)
        if extra:
            command: CommandParser = getattr(options, "parser", self)
            hints = [command._hint(word) for word in extra if word.startswith("-")]
            command.error(f"unrecognized arguments: {' '.join(extra)}{''.join(hints)}")
        return options

    def error(self, message: str) -> NoReturn:
        """Print what is wrong, in one sentence, and exit."""
        if found := _CHOICE.search(message):
            known = re.findall(r"[^\s',]+", found["known"])
            hint = did_you_mean(found["word"], known)
            listed = "" if hint or len(known) > _MOST_LISTED else f"; expected {', '.join(known)}"
            message = f"{message[: found.start()]}invalid choice: {found['word']!r}{hint}{listed}"
        self.exit(2, f"error: {message}; see '{self.prog} --help'\n")

    def _hint(self, word: str) -> str:
        return did_you_mean(word.partition("=")[0], self._all_options())

    def _all_options(self) -> list[str]:
        """Return the options of the command and of those right below it."""
        options = list(self._option_string_actions)
        for action in self._actions:
            if isinstance(action, argparse._SubParsersAction):
                for below in action.choices.values():
                    options += below._option_string_actions
        return options
