# SPDX-License-Identifier: Apache-2.0
"""Page of a simulated face that the sliders move, with or without nodes behind them."""

from __future__ import annotations

from typing import Protocol

from x2c_bringup.errors import PageError
from x2c_bringup.page.server import Operator
from x2c_bringup.page.sliders import Sliders
from x2c_bringup.page.wishes import LET_GO, SliderMove, Wish


class Watched(Protocol):
    """Something that makes images while a page is visible."""

    def watch(self, wanted: bool) -> None:
        """Begin or end to make images."""


class FaceOperator:
    """Pass on what browsers ask for to the sliders, and to the nodes where there are any.

    Args:
        sliders: The sliders.
        face: The simulated face.
        nodes: Operator of running nodes; None for the face alone.
    """

    def __init__(self, sliders: Sliders, face: Watched, nodes: Operator | None = None) -> None:
        self._sliders = sliders
        self._face = face
        self._nodes = nodes

    def stop(self) -> None:
        """Assert the emergency stop of the nodes, and let the sliders go."""
        if self._nodes is not None:
            self._nodes.stop()
        self._sliders.let_go()

    def do(self, wish: Wish) -> None:
        """Have something done.

        Raises:
            X2CError: It is not for a face alone, or the nodes cannot do it.
        """
        if wish.action == LET_GO:
            self._sliders.let_go()
        elif self._nodes is not None:
            self._nodes.do(wish)
        else:
            raise PageError(f"{wish.action}: there are no nodes behind this page, only a face")

    def move(self, move: SliderMove) -> None:
        """Move sliders.

        Raises:
            X2CError: A name is unknown or a value none, or the robot cannot be moved now.
        """
        (self._nodes or self._sliders).move(move)

    def watch(self, wanted: bool) -> None:
        """Begin or end to make images."""
        self._face.watch(wanted)
        if self._nodes is not None:
            self._nodes.watch(wanted)
