# SPDX-License-Identifier: Apache-2.0
"""Program that plays sound."""

from __future__ import annotations

import shlex
import subprocess
import tempfile

from x2c_core.arrays import Array
from x2c_sources.errors import SpeechError
from x2c_sources.speech.sound import wav


def play(command: str, samples: Array, rate: int) -> subprocess.Popen[bytes]:
    """Start a program that plays sound, and return it.

    Args:
        command: Program with its arguments, which takes a WAV file as its input, such as
            "aplay -q" or "pw-play -".
        samples: (n,) sound, -1 to 1.
        rate: Samples per second.

    Raises:
        SpeechError: The program cannot be started.
    """
    # A file, not a pipe: whatever the program does, nothing waits for it.
    with tempfile.TemporaryFile() as file:
        file.write(wav(samples, rate))
        file.seek(0)
        try:
            # The user names the program; no shell reads it.
            return subprocess.Popen(  # noqa: S603
                shlex.split(command), stdin=file, stdout=subprocess.DEVNULL
            )
        except (OSError, ValueError, IndexError) as error:
            raise SpeechError(f"cannot play with {command!r}: {error}") from error
