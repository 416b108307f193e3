# SPDX-License-Identifier: Apache-2.0
"""Control values over time from a CSV file, as an expression source."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from x2c_core.control_space.controls_track import ControlsTrack, read_controls
from x2c_core.face.frames import NO_TRACK, ControlFrame, ControlState
from x2c_core.sources.expression_source import ExpressionSource
from x2c_core.sources.source import SourceError
from x2c_core.system.fields import parameter


@dataclass(frozen=True)
class TableOptions:
    """Options of a table."""

    interpolate: bool = parameter(
        True,
        "Values between two rows lie on a straight line; false: each row holds until the next.",
    )


class TableExpression(ExpressionSource):
    """A table of control values over time.

    Args:
        path: CSV file as 'x2c demo' writes it.
        options: Options of the table.
    """

    Options = TableOptions
    takes = "a CSV file of control values"

    def __init__(self, path: str, options: TableOptions) -> None:
        self.name = path
        self._path = Path(path).expanduser()
        self._interpolate = options.interpolate
        self._track: ControlsTrack | None = None

    @classmethod
    def accepts(cls, text: str) -> bool:
        """Return whether a text is the path of a CSV file."""
        return Path(text).suffix.lower() == ".csv"

    def open(self) -> None:
        """Read the table.

        Raises:
            TableError: It cannot be read, or holds an impossible value.
        """
        self._track = read_controls(self._path)
        self.duration = self._track.duration

    def at(self, time: float) -> ControlFrame:
        """Return the values at a time."""
        if self._track is None:
            raise SourceError(f"{self.name} is not open: call open() first")
        at = self._track.at if self._interpolate else self._track.last_before
        return ControlFrame(at(time), 1.0, ControlState.TRACKING, NO_TRACK)
