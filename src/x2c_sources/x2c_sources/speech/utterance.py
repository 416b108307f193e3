# SPDX-License-Identifier: Apache-2.0
"""Something that is said: its sound, and the mouth over time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from x2c_core.arrays import Array
from x2c_sources.speech.audio_mouth import HOP, LATENCY, RATE, AudioMouth, loudest
from x2c_sources.speech.phoneme_track import PhonemeTrack
from x2c_sources.speech.prosody.gestures import BROWS_AHEAD, gestures_of
from x2c_sources.speech.sound import read_sound, resampled


@dataclass(frozen=True)
class Utterance:
    """Something that is said.

    Attributes:
        samples: (n,) sound, -1 to 1.
        rate: Samples per second.
        duration: Time until the mouth is at rest again [s].
        mouth: Returns the amounts (4,) of the mouth's shape at a time since the beginning [s].
        gestures: Returns the amounts (2,) of raised brows and of a nod at a time [s].
    """

    samples: Array
    rate: int
    duration: float
    mouth: Callable[[float], Array]
    gestures: Callable[[float], Array]


def utterance_of_samples(
    samples: Array, rate: int, track: PhonemeTrack | None = None
) -> Utterance:
    """Return what is said in a recording; neither mouth nor gestures lag behind it.

    Args:
        samples: (n,) sound, -1 to 1.
        rate: Samples per second.
        track: Mouth over time; by default it follows the sound.
    """
    samples = np.clip(np.nan_to_num(samples), -1.0, 1.0)
    heard = resampled(samples, rate)
    mouth, duration = (track.at, track.duration) if track else _mouth_of(heard)
    amounts, times = gestures_of(heard)

    def gestures(time: float) -> Array:
        ahead = (time + BROWS_AHEAD, time)
        return np.array(
            [np.interp(*pair) for pair in zip(ahead, (times,) * 2, amounts.T, strict=True)]
        )

    return Utterance(samples, rate, duration, mouth, gestures)


def utterance_of_file(path: Path) -> Utterance:
    """Return what is said in a file of sound.

    Raises:
        SpeechError: The file cannot be used.
    """
    return utterance_of_samples(read_sound(path), RATE)


def _mouth_of(samples: Array) -> tuple[Callable[[float], Array], float]:
    """Return the mouth over time from sound at 16 kHz, and the time until it is at rest [s]."""
    end = np.zeros(int(0.5 * RATE))
    amounts = AudioMouth(loudest(samples)).feed(np.concatenate([samples, end]))
    times = (np.arange(len(amounts)) + 1.0) * HOP / RATE - LATENCY

    def mouth(time: float) -> Array:
        return np.array([np.interp(time, times, column) for column in amounts.T])

    return mouth, len(amounts) * HOP / RATE
