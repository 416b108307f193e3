# SPDX-License-Identifier: Apache-2.0
"""Texts that wait to be spoken, each piece made while the one before it is said."""

from __future__ import annotations

import math
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass

from x2c_sources.errors import SpeechError
from x2c_sources.speech.engines import espeak, piper
from x2c_sources.speech.engines.plain_text import pieces
from x2c_sources.speech.utterance import Utterance

SPEED = 160
"""Usual speed [words/min]."""

MOST_WAITING = 10
"""Texts that may wait."""


@dataclass(frozen=True)
class _Text:
    pieces: deque[str]
    voice: str
    words_per_minute: int


class Speaker:
    """Utterances of texts in their order; a thread of its own makes them.

    A piece that cannot be spoken takes the rest of its text with it.
    """

    def __init__(self) -> None:
        self._texts: deque[_Text] = deque()
        self._next: Future[Utterance] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="speaker")

    @property
    def waiting(self) -> int:
        """Number of texts that are not spoken to their end."""
        return len(self._texts)

    def add(self, text: str, voice: str, words_per_minute: int) -> None:
        """Have a text spoken after those that wait.

        Args:
            text: Text, or SSML, whose markup is left out.
            voice: Name of a voice of eSpeak NG, or path of a voice of piper, NAME.onnx.
            words_per_minute: Speed.

        Raises:
            SpeechError: There is no text, it is too long, or too many wait.
        """
        if len(self._texts) >= MOST_WAITING:
            raise SpeechError(f"{MOST_WAITING} texts wait already")
        self._texts.append(_Text(deque(pieces(text)), voice, words_per_minute))
        self._prepare()

    def next(self, patience: float = 0.0) -> Utterance | None:
        """Return the next utterance; None if there is none, or none yet.

        Args:
            patience: Time to wait for one that is being made [s]; it may be infinite.

        Raises:
            SpeechError: The text cannot be spoken.
        """
        if self._next is None:
            return None
        try:
            said = self._next.result(None if math.isinf(patience) else patience)
        except NotYet:
            return None
        except Exception:
            self._texts[0].pieces.clear()
            self._advance()
            raise
        self._texts[0].pieces.popleft()
        self._advance()
        return said

    def clear(self) -> None:
        """Forget all texts."""
        self._texts.clear()
        if self._next is not None:
            self._next.cancel()
            self._next = None

    def close(self) -> None:
        """Forget all texts and end the thread, which may still make the last piece."""
        self.clear()
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _advance(self) -> None:
        self._next = None
        while self._texts and not self._texts[0].pieces:
            self._texts.popleft()
        self._prepare()

    def _prepare(self) -> None:
        if self._next is None and self._texts:
            first = self._texts[0]
            self._next = self._thread.submit(
                speak, first.pieces[0], first.voice, first.words_per_minute
            )


def speak(text: str, voice: str, words_per_minute: int) -> Utterance:
    """Return the sound and the mouth of a piece of text.

    Args:
        text: Piece of text.
        voice: Name of a voice of eSpeak NG, or path of a voice of piper, NAME.onnx.
        words_per_minute: Speed.

    Raises:
        SpeechError: The engine is not installed, has no such voice, or cannot speak the text.
    """
    if voice.endswith(piper.SUFFIX):
        return piper.speak(text, voice, words_per_minute)
    return espeak.speak(text, voice, words_per_minute)
