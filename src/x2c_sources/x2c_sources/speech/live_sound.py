# SPDX-License-Identifier: Apache-2.0
"""Speech that is heard as it comes, as shapes of the mouth and gestures."""

from __future__ import annotations

import threading
from collections import deque

import numpy as np

from x2c_core.arrays import Array
from x2c_sources.speech.audio_mouth import HOP, RATE, AudioMouth
from x2c_sources.speech.prosody.gestures import SpeechGestures

LONGEST = 10.0
"""Longest block of sound that is taken; the rest of a longer one is left out [s]."""

_OPEN = 0.05
_MOVED = 0.01


class LiveSound:
    """The mouth and the gestures of what is heard, each block played out at its own pace.

    A block begins when it comes, and what has not been asked for in its time is left out, so that
    the mouth never lags behind. A microphone is heard all the time, so the mouth is let go in
    silence, whether sound comes or not. Sound may come from another thread than the one that asks
    for the mouth.

    Args:
        hold: Silence after which there is no mouth any more [s].
    """

    def __init__(self, hold: float) -> None:
        self._hold = hold
        self._mouth, self._gestures = AudioMouth(), SpeechGestures()
        self._waiting: deque[tuple[float, Array, Array]] = deque(
            maxlen=round(LONGEST * RATE / HOP)
        )
        self._heard_until = self._spoken_at = -np.inf
        self._lock = threading.Lock()

    def feed(self, samples: Array, now: float) -> None:
        """Take sound (n,) at 16 kHz, -1 to 1, that came at a time [s] by a steady clock."""
        taken = samples[: round(LONGEST * RATE)]
        finite = np.clip(np.nan_to_num(taken), -1.0, 1.0)
        with self._lock:
            mouths, gestures = self._mouth.feed(finite), self._gestures.feed(finite)
            times = (now + np.arange(len(mouths)) * HOP / RATE).tolist()
            self._waiting.extend(zip(times, mouths, gestures, strict=True))
            self._heard_until = now + len(finite) / RATE

    def at(self, now: float) -> tuple[Array | None, Array | None]:
        """Return the amounts of the mouth's shape (4,) and of gestures (2,); None in silence."""
        with self._lock:
            newest = self._newest(now)
        if newest is None:
            return None, None
        mouth, gestures = newest
        if mouth[0] > _OPEN:
            self._spoken_at = now
        speaks = now - self._spoken_at <= self._hold
        return mouth if speaks else None, gestures if gestures.max() > _MOVED else None

    def clear(self) -> None:
        """Forget what was heard."""
        with self._lock:
            self._waiting.clear()

    def _newest(self, now: float) -> tuple[Array, Array] | None:
        if now - self._heard_until > self._hold:
            self._waiting.clear()
        while len(self._waiting) > 1 and self._waiting[1][0] <= now:
            self._waiting.popleft()
        # The last one stays until the next block comes.
        return self._waiting[0][1:] if self._waiting else None
