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

from x2c_core.arrays import Array
from x2c_core.files.regular_files import check_regular
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
        check_regular(path)
        with av.open(str(path)) as container:
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
        file.writeframes((np.clip(samples, -1.0, 1.0) * 32767.0).astype("<i2").tobytes())
    return buffer.getvalue()
