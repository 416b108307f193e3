# SPDX-License-Identifier: Apache-2.0
"""Something that is said: its sound, and the mouth over time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from x2c_core.arrays import Array
from x2c_sources.speech.audio_mouth import HOP, LATENCY, RATE, AudioMouth, loudest
from x2c_sources.speech.sound import read_sound


@dataclass(frozen=True)
class Utterance:
    """Something that is said.

    Attributes:
        samples: (n,) sound, -1 to 1.
        rate: Samples per second.
        duration: Time until the mouth is at rest again [s].
        mouth: Returns the amounts (4,) of the mouth's shape at a time since the beginning [s].
    """

    samples: Array
    rate: int
    duration: float
    mouth: Callable[[float], Array]


def utterance_of_file(path: Path) -> Utterance:
    """Return what is said in a file of sound; the mouth does not lag behind it.

    Raises:
        SpeechError: The file cannot be used.
    """
    samples = read_sound(path)
    end = np.zeros(int(0.5 * RATE))
    amounts = AudioMouth(loudest(samples)).feed(np.concatenate([samples, end]))
    times = (np.arange(len(amounts)) + 1.0) * HOP / RATE - LATENCY

    def mouth(time: float) -> Array:
        return np.array([np.interp(time, times, column) for column in amounts.T])

    return Utterance(samples, RATE, len(amounts) * HOP / RATE, mouth)
