# SPDX-License-Identifier: Apache-2.0
"""Speech of a text by a voice of piper, with the time of each phoneme.

piper is under GPL-3.0-or-later. It is no part of this project and is loaded only when a voice of
it is asked for.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from x2c_core.files.regular_files import check_regular
from x2c_sources.errors import SpeechError
from x2c_sources.speech.phoneme_track import PhonemeTrack, TimedPhoneme
from x2c_sources.speech.utterance import Utterance, utterance_of_samples
from x2c_sources.speech.visemes import is_silent

SUFFIX = ".onnx"
"""End of the name of a voice of piper; its description is beside it in NAME.onnx.json."""

_USUAL = 160.0
_GAP = 0.12
_STRESS = "ˈˌ"

_lock = threading.Lock()
_loaded: dict[str, Any] = {}


def speak(text: str, voice: str, words_per_minute: int) -> Utterance:
    """Return the sound and the mouth of a text.

    The mouth follows the phonemes where the voice says how long they are, which needs the package
    onnx for most voices; else it follows the sound.

    Args:
        text: Text.
        voice: Path of a voice, NAME.onnx.
        words_per_minute: Speed; 160 is taken for that of the voice.

    Raises:
        SpeechError: piper is not installed, or the voice cannot be used.
    """
    with _lock:
        piper = _module()
        model = _voice(piper, voice)
        config = piper.SynthesisConfig(
            length_scale=model.config.length_scale * _USUAL / words_per_minute
        )
        try:
            chunks = list(model.synthesize(text, config, include_alignments=True))
        except Exception as error:  # Whatever the runtime raises on a voice that it cannot run.
            raise SpeechError(f"the voice {voice} cannot speak this text: {error}") from error
    if not chunks:
        raise SpeechError("there is nothing in the text that can be spoken")
    rate = chunks[0].sample_rate
    samples = np.concatenate([chunk.audio_float_array for chunk in chunks]).astype(np.float64)
    phonemes: list[TimedPhoneme] = []
    begin = 0.0
    for chunk in chunks:
        if chunk.phoneme_alignments is None:
            return utterance_of_samples(samples, rate)
        phonemes += _timed(chunk.phoneme_alignments, begin, rate)
        begin += len(chunk.audio_float_array) / rate
    return utterance_of_samples(samples, rate, PhonemeTrack(phonemes))


def _timed(alignments: Iterable[Any], begin: float, rate: int) -> list[TimedPhoneme]:
    """Return the phonemes of a sentence; piper times each letter and mark by itself."""
    found: list[TimedPhoneme] = []
    end, stress = begin, None
    for one in alignments:
        start, end = end, end + int(one.num_samples) / rate
        symbol = str(one.phoneme)
        if symbol in _STRESS:
            stress = start if stress is None else stress
            continue
        silent = is_silent(symbol)
        if found and silent and (not _is_pause(symbol) or (symbol == " " and end - start < _GAP)):
            # Marks of length belong to the sound before, as do gaps between words.
            last = found.pop()
            found.append(TimedPhoneme(last.start, end, last.symbol))
            continue
        found.append(TimedPhoneme(start if stress is None else stress, end, symbol * (not silent)))
        stress = None
    return found


def _is_pause(symbol: str) -> bool:
    return not any(letter.isalpha() or ord(letter) > 0x2AF for letter in symbol)


def _module() -> Any:
    try:
        return importlib.import_module("piper")
    except ImportError as error:
        raise SpeechError(
            f"piper is not installed ({error}): pip install piper-tts onnx"
        ) from error


def _voice(piper: Any, name: str) -> Any:
    if name not in _loaded:
        file: Path | str = name
        try:
            # There may be no such user, and a name with NUL is no path.
            path = Path(name).expanduser()
            for file in (path, path.with_name(f"{path.name}.json")):
                check_regular(file)
        except (OSError, RuntimeError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            text = f"cannot read {file}: {reason}; a voice of piper is two"
            raise SpeechError(f"{text} files, NAME.onnx and NAME.onnx.json") from error
        try:
            voice = piper.PiperVoice.load(path, include_alignments=True)
        except Exception as error:  # Of JSON, ONNX and ONNX Runtime, each with its own.
            raise SpeechError(f"{path} is no voice of piper that can be used: {error}") from error
        # One at a time: each takes 100 MB.
        _loaded.clear()
        _loaded[name] = voice
    return _loaded[name]
