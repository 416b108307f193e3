# SPDX-License-Identifier: Apache-2.0
"""Texts as they are spoken: without markup, in pieces."""

from __future__ import annotations

import html
import re

from x2c_sources.errors import SpeechError

LONGEST_TEXT = 200_000
"""Longest text that is taken at once, more than three hours of speech [characters]."""

LONGEST_PIECE = 400
"""Longest piece that is spoken at once, about half a minute [characters]."""

_SSML = re.compile(r"\s*(<\?xml[^>]*>\s*)?<speak\b", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
# Control characters, and halves of UTF-16, which stand for bytes that are no UTF-8.
_UNSPEAKABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
# All but line breaks: what splits sentences would take minutes on a long run.
_BLANKS = re.compile(r"[^\S\n]+")
_SHORT_PIECE = 60
# Not after abbreviations, which a sentence may end with; then it goes on.
_SENTENCE = re.compile(
    r"(?<!\b\w\.)(?<!\b\w\w\.)(?<!\b\w\w\w\.)(?<=[.!?…])\s+|(?<=[。！？])|\s*\n\s*\n\s*"  # noqa: RUF001
)
_BREAKS = ("[,;:–—]\\s", "[、，；]", "\\s")  # noqa: RUF001


def pieces(text: str) -> list[str]:
    """Return a text in pieces of whole sentences where these are not too long.

    The first sound of a long text comes as early as that of a short one. Of SSML the text is left.

    Raises:
        SpeechError: There is no text, or it is too long.
    """
    if len(text) > LONGEST_TEXT:
        raise SpeechError(
            f"a text of {len(text):,} characters is longer than {LONGEST_TEXT:,}: give it in parts"
        )
    plain = _BLANKS.sub(" ", _UNSPEAKABLE.sub(" ", _without_markup(text)))
    found: list[str] = []
    for part in (part for one in _SENTENCE.split(plain) for part in _short(one.strip())):
        if found and len(found[-1]) < _SHORT_PIECE:
            found[-1] = f"{found[-1]} {part}"
        else:
            found.append(part)
    if not found:
        raise SpeechError("there is no text to speak")
    return found


def _without_markup(text: str) -> str:
    if not _SSML.match(text):
        return text
    return html.unescape(_TAG.sub(" ", text))


def _short(sentence: str) -> list[str]:
    """Return a sentence in parts that are not too long, cut where one would pause."""
    parts = []
    while len(sentence) > LONGEST_PIECE:
        end = _cut(sentence[:LONGEST_PIECE])
        parts.append(sentence[:end].strip())
        sentence = sentence[end:].strip()
    return [part for part in (*parts, sentence) if part]


def _cut(sentence: str) -> int:
    for pattern in _BREAKS:
        ends = [found.end() for found in re.finditer(pattern, sentence)]
        if ends:
            return ends[-1]
    return len(sentence)
