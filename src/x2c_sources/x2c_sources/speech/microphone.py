# SPDX-License-Identifier: Apache-2.0
"""Sound of a microphone, which may come and go.

sounddevice (MIT) stands on PortAudio, of the system (`apt install libportaudio2`): so the names of
devices are those of the desktop, with PipeWire and PulseAudio behind "default". PyAV, which is
here already, brings an ALSA of its own that knows neither.
"""

from __future__ import annotations

import importlib
import queue
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from x2c_core.arrays import Array
from x2c_core.printable import printable
from x2c_core.system.optional_modules import how_to_install
from x2c_node.supervision.supervisor import Pulse
from x2c_sources.errors import SpeechError
from x2c_sources.speech.sound import Resampler

DEFAULT = "default"
"""Name of the microphone that the system uses by itself."""

_PORTAUDIO = "apt install libportaudio2"

_BLOCK = 0.01
_SILENT = 2.0
_PAUSES = (1.0, 10.0)
_MOST_WAITING = 100


class Microphone:
    """A thread that hands on the sound of a microphone, and opens it again when it has failed.

    Args:
        device: Its name or a part of it, its number, or "default".
        take: Takes sound (n,) at 16 kHz, -1 to 1; called from the thread.
        complain: Takes one sentence when it fails, from the thread; not again before it works.
        pulse: Pulse of the thread; drivers may keep it for as long as they like.

    Attributes:
        fault: Description of the failure; empty while there is sound.
        latency: Time from the sound to the call of `take` [s]; 0 while it is not open.
    """

    def __init__(
        self,
        device: str,
        take: Callable[[Array], None],
        complain: Callable[[str], None],
        pulse: Pulse | None = None,
    ) -> None:
        self._pulse = pulse or Pulse()
        self._device = device.strip()
        self._take, self._complain = take, complain
        self._ending = threading.Event()
        self.fault = ""
        self.latency = 0.0
        self._thread = threading.Thread(target=self._run, name="microphone", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Let the microphone go; a driver that hangs is not waited for longer than 2 s."""
        self._ending.set()
        self._thread.join(2.0)

    def _run(self) -> None:
        with self._pulse:
            self._listen()

    def _listen(self) -> None:
        pause = _PAUSES[0]
        while not self._ending.is_set():
            worked = False
            try:
                for samples in self._sound():
                    worked, self.fault, pause = True, "", _PAUSES[0]
                    self._take(samples)
            except Exception as error:  # Of whatever kind a driver's is: it is asked again.
                self._report(error, worked, pause)
            self.latency = 0.0
            self._ending.wait(pause)
            pause = min(2.0 * pause, _PAUSES[1])

    def _report(self, error: Exception, worked: bool, pause: float) -> None:
        first = worked or not self.fault
        text = printable(str(error))
        self.fault = f"microphone {self._device}: {text}; asking again in {pause:g} s"
        if first:
            self._complain(self.fault)

    def _sound(self) -> Any:
        """Yield the sound until the end.

        Raises:
            SpeechError: There is no such microphone, or it falls silent.
        """
        audio = _library()
        # PortAudio looks for devices only when it begins.
        audio._terminate()
        audio._initialize()
        device = _chosen(audio, self._device)
        rate = int(device["default_samplerate"])
        channels = min(int(device["max_input_channels"]), 2)
        blocks: queue.Queue[NDArray[np.int16]] = queue.Queue(_MOST_WAITING)

        def heard(data: NDArray[np.int16], count: int, time: object, status: object) -> None:
            # What is not taken in time is left out, rather than heard late.
            if not blocks.full():
                blocks.put_nowait(data.copy())

        stream = audio.InputStream(
            samplerate=rate,
            blocksize=round(rate * _BLOCK),
            device=device["index"],
            channels=channels,
            dtype="int16",
            latency="low",
            callback=heard,
        )
        resampler = Resampler(rate, channels)
        try:
            stream.start()
            self.latency = float(stream.latency)
            while not self._ending.is_set():
                try:
                    yield resampler.feed(blocks.get(timeout=_SILENT))
                except queue.Empty:
                    raise SpeechError(f"no sound for {_SILENT:g} s: is it unplugged?") from None
        finally:
            # Not stop(), which waits for a device that may be gone.
            stream.abort(ignore_errors=True)
            stream.close(ignore_errors=True)


def _library() -> Any:
    try:
        return importlib.import_module("sounddevice")
    except ImportError as error:
        remedy = f"{how_to_install('sounddevice')}, and {_PORTAUDIO}"
        raise SpeechError(f"sounddevice is not installed: {remedy}") from error
    except OSError as error:
        raise SpeechError(f"{error}: {_PORTAUDIO}") from error


def _chosen(audio: Any, name: str) -> Any:
    """Return the description of a microphone.

    Raises:
        SpeechError: There is none of this name.
    """
    wanted = None if name == DEFAULT else int(name) if name.isdigit() else name
    try:
        return audio.query_devices(wanted, "input")
    except (ValueError, audio.PortAudioError) as error:
        inputs = [
            str(one["name"]) for one in audio.query_devices() if one["max_input_channels"] > 0
        ]
        if not inputs:
            raise SpeechError("the system has no microphone") from error
        raise SpeechError(f"{error}; there are: {', '.join(inputs)}") from error
