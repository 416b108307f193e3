# SPDX-License-Identifier: Apache-2.0
"""Mouth over time from timed phonemes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from x2c_core.arrays import Array
from x2c_core.easing import smoothstep
from x2c_sources.speech.mouth_shapes import REST
from x2c_sources.speech.visemes import CLOSED, mouth_shapes

_LONG = 0.16
_EDGE = 0.06
_CLOSING = 0.06


@dataclass(frozen=True)
class TimedPhoneme:
    """A sound and its time.

    Attributes:
        start: Begin [s].
        end: End [s].
        symbol: IPA; empty for a pause.
    """

    start: float
    end: float
    symbol: str


class PhonemeTrack:
    """Amounts of the mouth's shape over time.

    The mouth goes from the middle of each sound to the next, as it does in fluent speech; the lips
    are shut from the beginning of a bilabial to its end.

    Args:
        phonemes: Sounds in the order of their time.

    Attributes:
        duration: End of the last sound [s].
    """

    def __init__(self, phonemes: Sequence[TimedPhoneme]) -> None:
        times, keys = [0.0], [REST.amounts]
        for phoneme in phonemes:
            for time, amounts in _keys(phoneme):
                # Where sounds are too short for their keys, the later one moves on.
                times.append(max(time, times[-1] + 1e-3))
                keys.append(amounts)
        self.duration = max([times[-1], *(one.end for one in phonemes)])
        times.append(self.duration + _CLOSING)
        keys.append(REST.amounts)
        self._times, self._keys = np.array(times), np.array(keys)

    def at(self, time: float) -> Array:
        """Return the amounts (4,) as of `MouthShape.amounts`.

        Args:
            time: Time since the beginning [s], in any order.
        """
        after = int(np.searchsorted(self._times, time, side="right"))
        if after == 0 or after == len(self._times):
            return REST.amounts
        begin, end = self._times[after - 1 : after + 1]
        share = smoothstep(float((time - begin) / (end - begin)))
        before, behind = self._keys[after - 1 : after + 1]
        return np.asarray(before + share * (behind - before))


def _keys(phoneme: TimedPhoneme) -> list[tuple[float, Array]]:
    shapes = mouth_shapes(phoneme.symbol)
    start, length = phoneme.start, phoneme.end - phoneme.start
    if length > _LONG and len(shapes) == 1 and shapes[0] != CLOSED:
        amounts = shapes[0].amounts
        return [(start + _EDGE, amounts), (phoneme.end - _EDGE, amounts)]
    step = length / len(shapes)
    keys = []
    for i, shape in enumerate(shapes):
        # A bilabial can be a part of its phoneme, as in "ph" and "pf".
        times = (i, i + 1.0) if shape == CLOSED else (i + 0.5,)
        keys += [(start + time * step, shape.amounts) for time in times]
    return keys
