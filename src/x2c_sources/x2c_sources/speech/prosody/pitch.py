# SPDX-License-Identifier: Apache-2.0
"""Pitch and loudness of a voice, as its sound comes."""

from __future__ import annotations

import numpy as np

from x2c_core.arrays import Array
from x2c_sources.speech.audio_mouth import HOP, RATE

_WINDOW = 640
_TRANSFORM = 2048
_LOWEST, _HIGHEST = 75.0, 400.0
_VOICED = 0.55
_OCTAVE_COST = 0.04
_QUIETEST = 1e-9
_AT_ONCE = 500

_TAPER = np.hanning(_WINDOW)
_LAGS = np.arange(int(RATE / _HIGHEST), int(RATE / _LOWEST) + 1)
_OF_TAPER = np.fft.irfft(np.abs(np.fft.rfft(_TAPER, _TRANSFORM)) ** 2)[: _LAGS[-1] + 2]
_OF_TAPER /= _OF_TAPER[0]
# Of several periods the shortest is the voice's.
_COST = _OCTAVE_COST * np.log2(_LAGS / _LAGS[0])


class PitchTracker:
    """Pitch and level of sound, every 10 ms.

    Autocorrelation by that of the window: P. Boersma, "Accurate short-term analysis of the
    fundamental frequency and the harmonics-to-noise ratio of a sampled sound", Proc. Institute of
    Phonetic Sciences 17 (1993) 97-110, without its search of a path, which needs the future. Of
    the libraries that track pitch, those that do it as sound comes are under the GPL (aubio), and
    the others need the whole recording (librosa, pyworld).
    """

    def __init__(self) -> None:
        self._rest = np.zeros(0)
        self._past = np.zeros(_WINDOW - HOP)

    def feed(self, samples: Array) -> tuple[Array, Array]:
        """Return pitch [Hz], NaN where no voice is heard, and level [dB], (n,) each.

        Args:
            samples: (m,) finite sound at 16 kHz, -1 to 1, that follows that of the last call.
        """
        waiting = np.concatenate([self._rest, samples])
        count = len(waiting) // HOP
        taken, self._rest = waiting[: count * HOP], waiting[count * HOP :]
        sound = np.concatenate([self._past, taken])
        self._past = sound[len(sound) - (_WINDOW - HOP) :]
        if not count:
            return np.zeros(0), np.zeros(0)
        windows = np.lib.stride_tricks.sliding_window_view(sound, _WINDOW)[::HOP][:count]
        # In parts, since the transforms of a long recording would fill the memory.
        parts = [_measured(windows[i : i + _AT_ONCE]) for i in range(0, count, _AT_ONCE)]
        pitches, levels = zip(*parts, strict=True)
        return np.concatenate(pitches), np.concatenate(levels)


def _measured(windows: Array) -> tuple[Array, Array]:
    centred = windows - windows.mean(axis=1, keepdims=True)
    power = (centred**2).mean(axis=1)
    spectrum = np.fft.rfft(centred * _TAPER, _TRANSFORM, axis=1)
    own = np.fft.irfft(np.abs(spectrum) ** 2, axis=1)[:, : _LAGS[-1] + 2]
    likeness = own / (np.maximum(own[:, :1], _QUIETEST) * _OF_TAPER)
    inside = likeness[:, _LAGS]
    peaks = (inside >= likeness[:, _LAGS - 1]) & (inside > likeness[:, _LAGS + 1])
    best = np.argmax(np.where(peaks, inside - _COST, -1.0), axis=1)
    strength = np.where(peaks.any(axis=1), inside[np.arange(len(inside)), best], 0.0)
    voiced = (strength > _VOICED) & (power > _QUIETEST)
    pitch = np.where(voiced, RATE / _LAGS[best], np.nan)
    return pitch, np.asarray(10.0 * np.log10(power + _QUIETEST))
