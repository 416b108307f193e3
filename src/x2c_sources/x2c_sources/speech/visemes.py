# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: RUF001, RUF002 - letters of the International Phonetic Alphabet
"""Shapes of the mouth for the sounds of speech, written in the International Phonetic Alphabet."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from x2c_sources.speech.mouth_shapes import REST, MouthShape

BILABIALS = "pbmɸβʙ"
"""Sounds made with both lips, which close on them."""

CLOSED = MouthShape(pressed=1.0)
"""Shape of the lips on a bilabial."""

_SHAPES: Mapping[str, MouthShape] = {
    **dict.fromkeys(BILABIALS, CLOSED),
    **dict.fromkeys("fvʋɱ", MouthShape(opening=0.08, teeth=1.0)),
    **dict.fromkeys("θð", MouthShape(opening=0.2)),
    **dict.fromkeys("tdnszlɾɫɬ", MouthShape(opening=0.18, width=0.2)),
    **dict.fromkeys("ʃʒɕʑʂʐ", MouthShape(opening=0.18, width=-0.5)),
    **dict.fromkeys("kgɡŋxɣqχʁcɲ", MouthShape(opening=0.22)),
    **dict.fromkeys("rɹɻʀ", MouthShape(opening=0.22, width=-0.35)),
    **dict.fromkeys("wʍɥ", MouthShape(opening=0.12, width=-0.9)),
    **dict.fromkeys("jʝʎ", MouthShape(opening=0.15, width=0.4)),
    **dict.fromkeys("hɦʔħʕ", MouthShape(opening=0.3)),
    **dict.fromkeys("iɪɨ", MouthShape(opening=0.22, width=0.7)),
    **dict.fromkeys("yʏøœ", MouthShape(opening=0.25, width=-0.7)),
    **dict.fromkeys("eɛ", MouthShape(opening=0.45, width=0.4)),
    **dict.fromkeys("æa", MouthShape(opening=0.8, width=0.2)),
    **dict.fromkeys("ɑɒ", MouthShape(opening=0.85)),
    **dict.fromkeys("ɔo", MouthShape(opening=0.55, width=-0.5)),
    **dict.fromkeys("uʊɯʉ", MouthShape(opening=0.22, width=-0.85)),
    **dict.fromkeys("ʌəɐɜɘɵɚɝᵻ", MouthShape(opening=0.4)),
}


def mouth_shapes(phoneme: str) -> list[MouthShape]:
    """Return the shapes of a phoneme in their order; a diphthong has two, a pause is at rest.

    Marks of stress, length and tone, and what is not known, have no shape of their own.

    Args:
        phoneme: IPA, such as "m", "ˈaɪ" or "tʃ"; empty for a pause.
    """
    plain = unicodedata.normalize("NFD", phoneme)
    shapes = [_SHAPES[letter] for letter in plain if letter in _SHAPES]
    return shapes or [REST]


def is_bilabial(phoneme: str) -> bool:
    """Return whether the lips close on a phoneme."""
    return any(letter in BILABIALS for letter in phoneme)


def is_silent(phoneme: str) -> bool:
    """Return whether a phoneme has no shape of its own: a pause, or only marks."""
    return not any(letter in _SHAPES for letter in unicodedata.normalize("NFD", phoneme))
