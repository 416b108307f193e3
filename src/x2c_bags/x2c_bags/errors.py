# SPDX-License-Identifier: Apache-2.0
"""Exceptions raised by x2c_bags."""

from collections.abc import Sequence

from x2c_core.errors import X2CError


class BagError(X2CError):
    """A bag cannot be written, or not be read."""


class TopicError(BagError):
    """A bag has no topic to evaluate, or several.

    Args:
        text: For the user.
        choices: Names of the topics that could be taken.
    """

    def __init__(self, text: str, choices: Sequence[str] = ()) -> None:
        super().__init__(text)
        self.choices = list(choices)
