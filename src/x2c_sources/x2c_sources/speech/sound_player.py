# SPDX-License-Identifier: Apache-2.0
"""Program that plays sound."""

from __future__ import annotations

import shlex
import subprocess
import tempfile
import threading

from x2c_core.arrays import Array
from x2c_core.programs import end_program
from x2c_sources.errors import SpeechError
from x2c_sources.speech.sound import wav

_MOST = 4
"""Programs that may play at a time."""

_ENDING = 1.0
"""Time in which a program that is asked to end does so [s]."""


class SoundPlayer:
    """A program that is started for each sound, and may still play the one before.

    Args:
        command: Program with its arguments, which takes a WAV file as its input, such as
            "aplay -q" or "pw-play -".
    """

    def __init__(self, command: str) -> None:
        self._command = command
        self._playing: list[subprocess.Popen[bytes]] = []
        self._ending: list[threading.Thread] = []

    def play(self, samples: Array, rate: int) -> None:
        """Start the program. Of those that do not come to an end, the oldest is ended.

        Args:
            samples: (n,) sound, -1 to 1.
            rate: Samples per second.

        Raises:
            SpeechError: The program cannot be started.
        """
        self._playing = [one for one in self._playing if one.poll() is None]
        self._ending = [one for one in self._ending if one.is_alive()]
        while len(self._playing) >= _MOST:
            self._end(self._playing.pop(0))
        # A file, not a pipe: whatever the program does, nothing waits for it.
        with tempfile.TemporaryFile() as file:
            file.write(wav(samples, rate))
            file.seek(0)
            try:
                # The user names the program; no shell reads it.
                process = subprocess.Popen(  # noqa: S603
                    shlex.split(self._command), stdin=file, stdout=subprocess.DEVNULL
                )
            except (OSError, ValueError, IndexError) as error:
                raise SpeechError(f"cannot play with {self._command!r}: {error}") from error
        self._playing.append(process)

    def wait(self) -> None:
        """Wait until all has been played."""
        for one in self._playing:
            one.wait()

    def stop(self) -> None:
        """End all that is played, and wait for that."""
        while self._playing:
            self._end(self._playing.pop())
        for one in self._ending:
            one.join()

    def _end(self, program: subprocess.Popen[bytes]) -> None:
        """End a program aside: one that does not listen holds up no other, nor the caller."""
        thread = threading.Thread(target=end_program, args=(program, _ENDING), daemon=True)
        thread.start()
        self._ending.append(thread)
