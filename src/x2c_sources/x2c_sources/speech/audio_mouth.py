# SPDX-License-Identifier: Apache-2.0
"""Mouth from the sound of speech, as it comes."""

from __future__ import annotations

import math

import numpy as np

from x2c_core.arrays import Array

RATE = 16000
"""Samples per second that are worked on."""

HOP = 160
"""Samples from one shape to the next."""

LATENCY = 0.07
"""Time by which the mouth follows the sound [s]: half a window, and the smoothing."""

USUAL = -25.0
"""Level of loud speech in usual recordings [dB]."""

_WINDOW = 512
_BAND = (300.0, 6000.0)
_HIGH, _LOW = (1800.0, 3000.0), (500.0, 1300.0)
_RANGE = 15.0
_ABOVE_NOISE = 8.0
_QUIETEST = -60.0
_PEAK_FALLS = 2.0
_FLOOR_RISES = 1.5
_ATTACK, _RELEASE = 0.04, 0.08
_STEP = HOP / RATE
_NEUTRAL_TILT, _TILTS = -6.0, 15.0
_SLOW = 0.12


class AudioMouth:
    """Amounts of the mouth's shape (4,) from sound.

    The opening follows the loudness from 300 to 6000 Hz, with high frequencies raised by 6 dB an
    octave, within 15 dB below the loudest of the last seconds. The width follows the balance of
    the second formant's upper and lower range. Only what was heard before counts.

    Args:
        loudest: Level of the loudest to begin with [dB]; it follows what comes.
    """

    def __init__(self, loudest: float = USUAL) -> None:
        self._peak = loudest
        self._floor: float | None = None
        self._opening = self._width = 0.0
        self._rest = np.zeros(0)
        self._past = np.zeros(_WINDOW - HOP)

    def feed(self, samples: Array) -> Array:
        """Return the amounts (n, 4) of the hops that samples complete.

        Args:
            samples: (m,) finite sound at 16 kHz, -1 to 1, that follows that of the last call.
        """
        waiting = np.concatenate([self._rest, samples])
        count = len(waiting) // HOP
        taken, self._rest = waiting[: count * HOP], waiting[count * HOP :]
        if not count:
            return np.zeros((0, 4))
        sound = np.concatenate([self._past, taken])
        self._past = sound[len(sound) - (_WINDOW - HOP) :]
        levels, tilts = _levels(sound, count)
        return np.array([self._shape(*pair) for pair in zip(levels, tilts, strict=True)])

    def _shape(self, level: float, tilt: float) -> tuple[float, float, float, float]:
        self._peak = max(level, self._peak - _PEAK_FALLS * _STEP, _QUIETEST + _RANGE)
        floor = level if self._floor is None else self._floor
        self._floor = min(level, floor + _FLOOR_RISES * _STEP)
        wanted = min(max((level - self._peak + _RANGE) / _RANGE, 0.0), 1.0)
        if level < self._floor + _ABOVE_NOISE:
            wanted = 0.0
        time = _ATTACK if wanted > self._opening else _RELEASE
        self._opening += (1.0 - math.exp(-_STEP / time)) * (wanted - self._opening)
        sideways = min(max((tilt - _NEUTRAL_TILT) / _TILTS, -1.0), 1.0) * min(2.0 * wanted, 1.0)
        self._width += (1.0 - math.exp(-_STEP / _SLOW)) * (sideways - self._width)
        return self._opening, 0.5 * self._width, 0.0, 0.0


def loudest(samples: Array) -> float:
    """Return the level of the loudest part of a whole recording [dB].

    Args:
        samples: (m,) sound at 16 kHz, -1 to 1.
    """
    count = max((len(samples) - _WINDOW) // HOP, 0) + 1
    padded = np.concatenate([samples, np.zeros(_WINDOW)])
    levels, _ = _levels(padded[: _WINDOW + (count - 1) * HOP], count)
    return max(float(np.percentile(levels, 95)), _QUIETEST + _RANGE)


_FREQUENCIES = np.fft.rfftfreq(_WINDOW, 1.0 / RATE)
_TAPER = np.hanning(_WINDOW)
_RAISED = (_FREQUENCIES / 1000.0) ** 2 / float((_TAPER**2).sum())


def _levels(sound: Array, count: int) -> tuple[Array, Array]:
    """Return the level of windows that begin HOP apart, and how bright they are [dB]."""
    windows = np.lib.stride_tricks.sliding_window_view(sound, _WINDOW)[::HOP][:count]
    power = np.abs(np.fft.rfft(windows * _TAPER, axis=1)) ** 2 * _RAISED
    level = _decibels(power, _BAND)
    return level, _decibels(power, _HIGH) - _decibels(power, _LOW)


def _decibels(power: Array, band: tuple[float, float]) -> Array:
    inside = np.abs(_FREQUENCIES - (band[0] + band[1]) / 2.0) <= (band[1] - band[0]) / 2.0
    return np.asarray(10.0 * np.log10(power[:, inside].mean(axis=1) + 1e-9))
