# SPDX-License-Identifier: Apache-2.0
"""A part of an expression source, played as a layer over a face: trimmed, looped, blended."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from x2c_core.control_space import controls
from x2c_core.control_space.controls import Values
from x2c_core.control_space.layers import ControlLayer
from x2c_core.easing import smoothstep
from x2c_core.sources.expression_source import ExpressionSource
from x2c_core.sources.source import SourceError


@dataclass(frozen=True)
class ClipTiming:
    """Part of a source to play, and how.

    Attributes:
        start: Beginning in the source's own time [s].
        end: End in the source's own time [s]; None for the end of the source.
        speed: 2 is twice as fast.
        loop: Whether it begins again when it ends.
        blend_in: Time in which the clip takes the face over [s].
        blend_out: Time in which it lets it go, or passes from its end to its beginning [s].
    """

    start: float = 0.0
    end: float | None = None
    speed: float = 1.0
    loop: bool = False
    blend_in: float = 0.3
    blend_out: float = 0.5


class ExpressionClip:
    """Layers of a source over time.

    Args:
        source: Source, which is open.
        mask: (30,) mask of the layers, 0 to 1.
        timing: Part to play, and how.

    Attributes:
        duration: Time that playing takes [s]; None for no end.

    Raises:
        SourceError: The part is empty, or lies behind the end of the source.
    """

    def __init__(self, source: ExpressionSource, mask: Values, timing: ClipTiming) -> None:
        last = source.duration
        end = last if timing.end is None else timing.end
        if end is not None and last is not None and end > last + 1e-6:
            raise SourceError(f"{source.name} ends at {last:g} s; it has no {end:g} s")
        if end is not None and not timing.start < end:
            raise SourceError(
                f"nothing to play of {source.name}: it would begin at {timing.start:g} s and end "
                f"at {end:g} s"
            )
        self._source = source
        self._mask = mask
        self._timing = timing
        self._length = None if end is None else (end - timing.start) / timing.speed
        self.duration = None if timing.loop else self._length

    def at(self, time: float) -> ControlLayer | None:
        """Return the layer at a time since the beginning [s]; None after the end."""
        if self.duration is not None and time > self.duration:
            return None
        share = _ramp(time, self._timing.blend_in)
        if self.duration is not None:
            share = min(share, _ramp(self.duration - time, self._timing.blend_out))
        return ControlLayer(self._values(time), share * self._mask)

    def _values(self, time: float) -> Values:
        length = self._length
        if length is None or not self._timing.loop:
            return self._source_at(time)
        # The end of a round is blended into the beginning of the next one.
        blend = min(self._timing.blend_out, length / 2.0)
        period = length - blend
        if time < period:
            return self._source_at(time)
        phase = time % period
        head = self._source_at(phase)
        if phase >= blend:
            return head
        share = _ramp(phase, blend)
        return np.asarray(share * head + (1.0 - share) * self._source_at(period + phase))

    def _source_at(self, time: float) -> Values:
        frame = self._source.at(self._timing.start + time * self._timing.speed)
        return controls.clamp(frame.values)[0]


def _ramp(time: float, duration: float) -> float:
    return smoothstep(time / duration) if duration > 0.0 else 1.0
