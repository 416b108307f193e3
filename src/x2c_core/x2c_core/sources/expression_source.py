# SPDX-License-Identifier: Apache-2.0
"""Interface of expression sources: control values from elsewhere than a camera."""

from __future__ import annotations

from abc import abstractmethod

from x2c_core.face.frames import ControlFrame
from x2c_core.sources.source import Source
from x2c_core.sources.source_registry import SourceRegistry


class ExpressionSource(Source):
    """Control values over time: a table, a recording, an expression, sliders.

    Attributes:
        duration: Time of the last values since the beginning [s]; None for a source without end.
            Known while open.
        issues: Sentences about what of the source is not played. Known while open.
    """

    duration: float | None = None
    issues: tuple[str, ...] = ()

    def open(self) -> None:
        """Make the source ready; most have nothing to open."""

    def close(self) -> None:
        """Release the source."""

    @abstractmethod
    def at(self, time: float) -> ControlFrame:
        """Return the control values at a time.

        Args:
            time: Time since the beginning [s]; any order. After the end, the last values hold.
        """


EXPRESSION_SOURCES: SourceRegistry[ExpressionSource] = SourceRegistry(
    group="x2c.expression_sources",
    kind="expression source",
    interface="x2c_core.sources.expression_source:ExpressionSource",
)
