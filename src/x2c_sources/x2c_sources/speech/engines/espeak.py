# SPDX-License-Identifier: Apache-2.0
"""Speech of a text by eSpeak NG, with the time of each phoneme.

The library is that of the system (`apt install espeak-ng`), or that of the Python package
espeakng-loader. It has one state a process, so one text is spoken at a time.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import importlib
import threading
from itertools import pairwise
from typing import Any

import numpy as np

from x2c_sources.errors import SpeechError
from x2c_sources.speech.phoneme_track import PhonemeTrack, TimedPhoneme
from x2c_sources.speech.utterance import Utterance, utterance_of_samples

_RETRIEVE, _PHONEMES, _IPA, _NO_EXIT = 2, 0x0001, 0x0002, 0x8000
_UTF8 = 1
_RATE_PARAMETER = 1
_LIST_END, _PHONEME = 0, 7
_INSTALL = "apt install espeak-ng, or pip install espeakng-loader"


class _Identity(ctypes.Union):
    _fields_ = [
        ("number", ctypes.c_int),
        ("name", ctypes.c_char_p),
        ("string", ctypes.c_char * 8),
    ]


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Identity),
    ]


_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)

_lock = threading.Lock()
_loaded: list[tuple[Any, int]] = []


def speak(text: str, voice: str, words_per_minute: int) -> Utterance:
    """Return the sound and the mouth of a text.

    Args:
        text: Text without NUL.
        voice: Name of a voice of eSpeak NG, such as en-us or de.
        words_per_minute: Speed.

    Raises:
        SpeechError: eSpeak NG is not installed, or has no such voice.
    """
    with _lock:
        library, rate = _library()
        return _spoken(library, rate, text, voice, words_per_minute)


def _spoken(library: Any, rate: int, text: str, voice: str, words_per_minute: int) -> Utterance:
    # What is no UTF-8, as a shell may give it, is no name either.
    if library.espeak_SetVoiceByName(voice.encode(errors="replace")) != 0:
        raise SpeechError(f"eSpeak NG has no voice {voice!r}; 'espeak-ng --voices' lists them")
    library.espeak_SetParameter(_RATE_PARAMETER, words_per_minute, 0)
    sound: list[bytes] = []
    events: list[tuple[float, str]] = []

    def take(samples: Any, count: int, event: Any) -> int:
        if samples and count > 0:
            sound.append(ctypes.string_at(samples, 2 * count))
        index = 0
        while event[index].type != _LIST_END:
            if event[index].type == _PHONEME:
                symbol = event[index].id.string.decode("utf-8", "ignore")
                events.append((event[index].audio_position / 1000.0, symbol))
            index += 1
        return 0

    # It has to live until the synthesis is through.
    callback = _Callback(take)
    library.espeak_SetSynthCallback(callback)
    encoded = text.encode("utf-8") + b"\0"
    if library.espeak_Synth(encoded, len(encoded), 0, 1, 0, _UTF8, None, None) != 0:
        raise SpeechError("eSpeak NG cannot speak this text")
    library.espeak_Synchronize()
    samples = np.frombuffer(b"".join(sound), "<i2") / 32768.0
    events.append((len(samples) / rate, ""))
    track = PhonemeTrack(
        [TimedPhoneme(start, end, symbol) for (start, symbol), (end, _) in pairwise(events)]
    )
    return utterance_of_samples(samples, rate, track)


def _library() -> tuple[Any, int]:
    if not _loaded:
        library, data = _found()
        options = _PHONEMES | _IPA | _NO_EXIT
        rate = library.espeak_Initialize(_RETRIEVE, 0, data, options)
        if rate <= 0:
            raise SpeechError(f"eSpeak NG cannot start: its data is missing; {_INSTALL}")
        _loaded.append((library, int(rate)))
    return _loaded[0]


def _found() -> tuple[Any, bytes | None]:
    """Return the library, and the path of its data where it does not know it by itself."""
    name, data = ctypes.util.find_library("espeak-ng"), None
    if name is None:
        try:
            loader = importlib.import_module("espeakng_loader")
        except ImportError:
            raise SpeechError(f"eSpeak NG is not installed: {_INSTALL}") from None
        name, data = str(loader.get_library_path()), str(loader.get_data_path()).encode()
    try:
        return ctypes.CDLL(name), data
    except OSError as error:
        raise SpeechError(f"eSpeak NG cannot be loaded: {error}; {_INSTALL}") from error
