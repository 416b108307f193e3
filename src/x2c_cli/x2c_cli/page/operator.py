# SPDX-License-Identifier: Apache-2.0
"""Division of what browsers ask for: recordings to a program, all else to the nodes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from x2c_bringup.graph.recording import recording_folder
from x2c_bringup.page.server import Operator
from x2c_bringup.page.wishes import LET_GO, SliderMove, Wish
from x2c_cli.page.recording import Recording


class RobotOperator(Operator, Protocol):
    """Link to the nodes of one robot."""

    def robot(self) -> str:
        """Return the namespace of the robot, empty for the root; raise PageError if unchosen."""

    def let_go(self) -> None:
        """Let all sliders go."""


class PageOperator:
    """Pass on what browsers ask for.

    Args:
        link: Link to the nodes.
        recording: Recording that a button begins and ends.
        words: Arguments of `x2c record`, besides the robot's namespace.
    """

    def __init__(self, link: RobotOperator, recording: Recording, words: Sequence[str]) -> None:
        self._link = link
        self._recording = recording
        self._words = tuple(words)

    def stop(self) -> None:
        """Assert the emergency stop, at once; a recording goes on."""
        self._link.stop()

    def do(self, wish: Wish) -> None:
        """Have something done.

        Raises:
            PageError: A recording runs already, too much waits, or no robot is chosen.
        """
        if wish.action == "record":
            namespace = self._link.robot()
            chosen = ("--namespace", namespace) if namespace else ()
            self._recording.start(recording_folder("true"), *self._words, *chosen)
        elif wish.action == "end recording":
            self._recording.end()
        elif wish.action == LET_GO:
            self._link.let_go()
        else:
            self._link.do(wish)

    def move(self, move: SliderMove) -> None:
        """Move sliders.

        Raises:
            X2CError: They cannot move the robot now, or not so.
        """
        self._link.move(move)

    def watch(self, wanted: bool) -> None:
        """Begin or end to receive."""
        self._link.watch(wanted)
