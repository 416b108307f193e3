# SPDX-License-Identifier: Apache-2.0
"""Sound of a file, and sound as a file."""

from __future__ import annotations

import io
import wave
from pathlib import Path
from typing import cast

import av
import av.error
import numpy as np
from numpy.typing import NDArray

from x2c_core.arrays import Array
from x2c_core.files.regular_files import open_regular
from x2c_core.media_files import open_media
from x2c_sources.errors import SpeechError
from x2c_sources.speech.audio_mouth import RATE

LONGEST = 600.0
"""Longest sound that is read [s]."""


def read_sound(path: Path) -> Array:
    """Return the sound (n,) of a file at 16 kHz, -1 to 1; of several channels their mean.

    Args:
        path: WAV, FLAC, MP3, OGG, or a video with sound.

    Raises:
        SpeechError: There is no such file, it has no sound, or more than ten minutes.
    """
    try:
        with open_regular(path) as file, open_media(file) as container:
            if not container.streams.audio:
                raise SpeechError(f"{path}: there is no sound in it")
            return _samples(container, path)
    except OSError as error:
        raise SpeechError(f"cannot read {path}: {error.strerror or error}") from error
    except (av.error.FFmpegError, ValueError) as error:
        raise SpeechError(f"{path}: expected a sound, such as WAV or FLAC: {error}") from error


def _samples(container: av.container.InputContainer, path: Path) -> Array:
    resampler = av.AudioResampler("s16", "mono", RATE)
    parts, count = [], 0
    for frame in container.decode(audio=0):
        for part in resampler.resample(frame):
            samples = part.to_ndarray().ravel()
            parts.append(samples)
            count += len(samples)
        if count > LONGEST * RATE:
            raise SpeechError(f"{path}: longer than {LONGEST:g} s")
    parts += [part.to_ndarray().ravel() for part in resampler.resample(None)]
    if not parts:
        raise SpeechError(f"{path}: the sound is empty")
    return cast(Array, np.concatenate(parts) / 32768.0)


class Resampler:
    """Sound at 16 kHz from sound at another rate, as it comes.

    Args:
        rate: Samples per second of what comes.
        channels: Channels of what comes, 1 or 2; their mean is taken.
    """

    def __init__(self, rate: int, channels: int = 1) -> None:
        self._rate, self._layout = rate, "mono" if channels == 1 else "stereo"
        self._resampler = av.AudioResampler("s16", "mono", RATE)

    def feed(self, samples: NDArray[np.int16]) -> Array:
        """Return sound (m,), -1 to 1.

        Args:
            samples: (n, channels) samples that follow those of the last call.
        """
        packed = np.ascontiguousarray(samples).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(packed, format="s16", layout=self._layout)
        frame.sample_rate = self._rate
        return _joined(self._resampler.resample(frame))

    def end(self) -> Array:
        """Return the rest of the sound (m,), -1 to 1."""
        return _joined(self._resampler.resample(None))


def resampled(samples: Array, rate: int) -> Array:
    """Return sound (m,) at 16 kHz.

    Args:
        samples: (n,) sound, -1 to 1.
        rate: Samples per second.
    """
    if rate == RATE or not len(samples):
        return samples
    resampler = Resampler(rate)
    return np.concatenate([resampler.feed(_to_16_bits(samples)), resampler.end()])


def _joined(frames: list[av.AudioFrame]) -> Array:
    parts = [frame.to_ndarray().ravel() for frame in frames]
    return np.concatenate(parts) / 32768.0 if parts else np.zeros(0)


def _to_16_bits(samples: Array) -> NDArray[np.int16]:
    return (np.clip(samples, -1.0, 1.0) * 32767.0).astype("<i2")


def from_bytes(data: bytes) -> Array:
    """Return sound (n,), -1 to 1, from 16-bit little-endian samples; an odd last byte is left out.

    Args:
        data: Samples of one channel.
    """
    whole = data[: len(data) - len(data) % 2]
    return np.asarray(np.frombuffer(whole, "<i2") / 32768.0)


def wav(samples: Array, rate: int) -> bytes:
    """Return sound as a WAV file.

    Args:
        samples: (n,) sound, -1 to 1.
        rate: Samples per second.
    """
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(_to_16_bits(samples).tobytes())
    return buffer.getvalue()
