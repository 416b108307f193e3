# SPDX-License-Identifier: Apache-2.0
"""Small parts of sentences for users: numbers with nouns, and what a typo may have meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun: "1 frame", "2 frames".

    Args:
        number: The number.
        noun: Noun for one.
        plural: Noun for several, if it does not only get an s.
    """
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def among_all(number: int, noun: str) -> str:
    """Return what nothing was found in: "the only image", "any of 2 images".

    Args:
        number: Number of things that were looked at.
        noun: Noun for one; it gets an s for several.
    """
    return f"the only {noun}" if number == 1 else f"any of {counted(number, noun)}"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return "; did you mean 'imitate'?" for a typo, or an empty text if no known word is near."""
    close = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
