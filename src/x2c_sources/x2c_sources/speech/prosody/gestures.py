# SPDX-License-Identifier: Apache-2.0
"""Raised brows and nods of a speaker, from the sound of speech."""

from __future__ import annotations

import math

import numpy as np

from x2c_core.arrays import Array
from x2c_sources.speech.audio_mouth import HOP, RATE
from x2c_sources.speech.prosody.pitch import PitchTracker

LAG = 0.2
"""Time by which the movements follow the sound [s]: half a window, and the smoothing."""

BROWS_AHEAD = 0.06
"""Time by which raised brows are ahead of the accent, where the sound is known before [s]."""

_STEP = HOP / RATE
_SMOOTHING = 0.07
_MEMORY = 2.0
_FIRST = 0.15
_MEDIAN = 5
_RISE_FROM, _RISE = 0.8, 4.0
_BROWS_FALL = 0.35
_LOUD_FROM, _LOUD = 3.0, 7.0
_ABOVE_NOISE = 10.0
_FLOOR_RISES = 1.5
_QUIETEST = -55.0
_PHRASE, _PAUSE, _NOD = 0.6, 0.15, 0.3
_NOD_SIZE = 0.8


class SpeechGestures:
    """Amounts of raised brows and of a nod (2), 0 to 1, from sound as it comes.

    Brows rise as far as the pitch is above its mean of the last two seconds; the head nods where
    speech is louder than in their mean, and at the end of a phrase. That is how people do it:
    pitch and movement of the head go together (H. C. Yehia, T. Kuratate, E. Vatikiotis-Bateson,
    Journal of Phonetics 30 (2002) 555-568; K. G. Munhall et al., Psychological Science 15 (2004)
    133-137), rises of pitch come with raised brows (C. Cavé et al., ICSLP 1996, 2175-2178), which
    begin 0.06 s before the accent (M. L. Flecha-García, Speech Communication 52 (2010) 542-554),
    nods come at accents and later than brows (J. Kim, E. Cvejic, C. Davis, Speech Communication
    57 (2014) 317-330). Thresholds and times of smoothing are ours.
    """

    def __init__(self) -> None:
        self._tracker = PitchTracker()
        self._recent: list[float] = []
        self._pitch_mean = self._level_mean = math.nan
        self._floor = math.nan
        self._heard = self._voiced = self._silent = 0.0
        self._raised = self._nod_left = 0.0
        self._smooth = np.zeros((2, 2))

    def feed(self, samples: Array) -> Array:
        """Return the amounts (n, 2) of the 10 ms that samples complete.

        Args:
            samples: (m,) finite sound at 16 kHz, -1 to 1, that follows that of the last call.
        """
        pitches, levels = self._tracker.feed(samples)
        found = [self._step(*pair) for pair in zip(pitches.tolist(), levels.tolist(), strict=True)]
        return np.array(found).reshape(-1, 2)

    def _step(self, pitch: float, level: float) -> tuple[float, float]:
        floor = level if math.isnan(self._floor) else self._floor
        self._floor = min(level, floor + _FLOOR_RISES * _STEP)
        speaks = level > max(self._floor + _ABOVE_NOISE, _QUIETEST)
        rise = self._rise(pitch) if speaks else 0.0
        self._raised = max(rise, self._raised * math.exp(-_STEP / _BROWS_FALL))
        wanted = (self._raised, self._accent(level, speaks))
        share = 1.0 - math.exp(-_STEP / _SMOOTHING)
        # Twice, so that the speed does not jump either.
        self._smooth[0] += share * (np.array(wanted) - self._smooth[0])
        self._smooth[1] += share * (self._smooth[0] - self._smooth[1])
        return float(self._smooth[1, 0]), float(self._smooth[1, 1])

    def _rise(self, pitch: float) -> float:
        """Return how far the pitch is above its mean, 0 to 1."""
        if math.isnan(pitch):
            self._recent.clear()
            return 0.0
        self._recent = [*self._recent[1 - _MEDIAN :], 12.0 * math.log2(pitch)]
        if len(self._recent) < _MEDIAN:
            return 0.0
        # A period that is taken for two is outvoted.
        tone = sorted(self._recent)[_MEDIAN // 2]
        self._voiced += _STEP
        self._pitch_mean = _towards(self._pitch_mean, tone, min(self._voiced, _MEMORY))
        if self._voiced < _FIRST:
            return 0.0
        return _share(tone - self._pitch_mean, _RISE_FROM, _RISE)

    def _accent(self, level: float, speaks: bool) -> float:
        """Return how far the head is to nod, 0 to 1."""
        self._nod_left = max(self._nod_left - _STEP, 0.0)
        if speaks:
            self._heard, self._silent = self._heard + _STEP, 0.0
            self._level_mean = _towards(self._level_mean, level, _MEMORY)
            return _share(level - self._level_mean, _LOUD_FROM, _LOUD)
        self._silent += _STEP
        if self._silent >= _PAUSE:
            if self._heard >= _PHRASE:
                self._nod_left = _NOD
            self._heard = 0.0
        return _NOD_SIZE if self._nod_left > 0.0 else 0.0


def gestures_of(samples: Array) -> tuple[Array, Array]:
    """Return the amounts (n, 2) of a whole recording, and their times (n,) [s] without the lag.

    Args:
        samples: (m,) finite sound at 16 kHz, -1 to 1.
    """
    after = np.zeros(int((_PAUSE + _NOD + 1.0) * RATE))
    amounts = SpeechGestures().feed(np.concatenate([samples, after]))
    return amounts, (np.arange(len(amounts)) + 1.0) * _STEP - LAG


def _towards(mean: float, value: float, memory: float) -> float:
    if math.isnan(mean):
        return value
    return mean + (1.0 - math.exp(-_STEP / max(memory, _STEP))) * (value - mean)


def _share(value: float, begin: float, width: float) -> float:
    return min(max((value - begin) / width, 0.0), 1.0)
