# SPDX-License-Identifier: Apache-2.0
"""Interface of judges of expressions, and the labels they give."""

from __future__ import annotations

import enum
import re
from abc import ABC, abstractmethod

import numpy as np

from x2c_core.arrays import Array, ImageArray


class Expression(enum.StrEnum):
    """Labels of expressions, in the order of a judge's probabilities."""

    NEUTRAL = "neutral"
    HAPPINESS = "happiness"
    SADNESS = "sadness"
    ANGER = "anger"
    FEAR = "fear"
    DISGUST = "disgust"
    SURPRISE = "surprise"


_WORDS = {
    Expression.NEUTRAL: ("neutral", "calm"),
    Expression.HAPPINESS: ("happiness", "happy", "joy", "smile", "laugh"),
    Expression.SADNESS: ("sadness", "sad"),
    Expression.ANGER: ("anger", "angry"),
    Expression.FEAR: ("fear", "fearful", "afraid"),
    Expression.DISGUST: ("disgust", "disgusted"),
    Expression.SURPRISE: ("surprise", "surprised"),
}
_LABELS = {word: expression for expression, words in _WORDS.items() for word in words}


class ExpressionJudge(ABC):
    """Classifier of expressions that has no part in the imitation.

    Attributes:
        name: Name of the classifier, with its version.
    """

    name: str

    @abstractmethod
    def read(self, rgb: ImageArray, landmarks: Array) -> Array:
        """Return the probability (7,) of each expression.

        Args:
            rgb: (height, width, 3) with the face.
            landmarks: (478, 3) of the face in it [pixel].
        """


def expression_of(text: str) -> Expression | None:
    """Return the expression that a word means, such as "happy" or "joy"; None for another word."""
    return _LABELS.get(text.strip().lower())


def expression_in(name: str) -> Expression | None:
    """Return the expression that a file's name has as one of its words, such as anger_03.mp4."""
    found = {_LABELS[word] for word in re.findall("[a-z]+", name.lower()) if word in _LABELS}
    return found.pop() if len(found) == 1 else None


def likeness(one: Array, other: Array) -> Array:
    """Return the correlation (n,) of probabilities (n, 7) with others (n, 7) or (7,)."""
    centred, others = (each - each.mean(axis=-1, keepdims=True) for each in (one, other))
    product = (centred * others).sum(axis=-1)
    size = np.sqrt((centred**2).sum(axis=-1) * (others**2).sum(axis=-1))
    return np.asarray(np.divide(product, size, out=np.zeros_like(product), where=size > 1e-12))
