# SPDX-License-Identifier: Apache-2.0
"""Control values of a bag as an expression source."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from x2c_bags.errors import BagError
from x2c_bags.frames.recorded_run import read_recorded_run
from x2c_bags.reading.bag_reader import BagReader
from x2c_bags.reading.files import is_bag
from x2c_bags.schema.topics import Part
from x2c_core.face.frames import NO_TRACK, ControlFrame, ControlState
from x2c_core.sources.expression_source import ExpressionSource
from x2c_core.sources.source import SourceError
from x2c_core.system.fields import NoOptions


class BagExpression(ExpressionSource):
    """Play the control values that the robot got at the times at which they were published.

    Args:
        path: Folder of the bag, or one of its files.
        options: There are none.
    """

    takes = "a bag"

    def __init__(self, path: str, options: NoOptions) -> None:
        self.name = path
        self._path = Path(path).expanduser()
        self._is_open = False

    @classmethod
    def accepts(cls, text: str) -> bool:
        """Return whether a text is the path of a bag."""
        path = Path(text).expanduser()
        return path.exists() and is_bag(path)

    def open(self) -> None:
        """Read the control values.

        Raises:
            SourceError: There is no bag, or it holds no control values that can be played.
        """
        try:
            parts = (Part.CONTROLS, Part.MIXED_CONTROLS)
            run = read_recorded_run(BagReader(self._path), parts)
        except BagError as error:
            raise SourceError(str(error)) from error
        shown = run.shown
        times = shown.stream.times
        known = np.isin(shown.states, [int(state) for state in ControlState])
        usable = known & np.isfinite(shown.values).all(axis=1)
        if not usable.any():
            raise SourceError(f"{self._path} holds no control values; expected a recorded run")
        self._values = shown.values[usable]
        self._states = shown.states[usable]
        unusable = int(len(usable) - usable.sum())
        dropped = f"{unusable} control messages are not played: values or states that are none"
        self.issues = (*run.issues, dropped) if unusable else run.issues
        # Messages can be out of order; their values hold until a later one.
        self._times = np.maximum.accumulate(times[usable] - times[usable][0]) * 1e-9
        self._is_open = True
        self.duration = float(self._times[-1])

    def close(self) -> None:
        """Forget the control values."""
        self._is_open = False

    def at(self, time: float) -> ControlFrame:
        """Return the newest values at a time."""
        if not self._is_open:
            raise SourceError(f"{self._path} is not open: call open() first")
        index = max(int(np.searchsorted(self._times, time, side="right")) - 1, 0)
        state = ControlState(int(self._states[index]))
        return ControlFrame(self._values[index].copy(), 1.0, state, NO_TRACK)
