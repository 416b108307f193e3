# SPDX-License-Identifier: Apache-2.0
"""Exceptions raised by x2c_evaluation."""

from collections.abc import Sequence

from x2c_face.errors import X2CError


class EvaluationError(X2CError):
    """Base of every error that x2c_evaluation raises on purpose."""


class BagError(EvaluationError):
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


class VideoError(EvaluationError):
    """A video cannot be made."""


class DataSetError(EvaluationError):
    """A data set is not there, or nothing of it can be used."""


class CollectError(EvaluationError):
    """A data set cannot be collected as asked, or not to its end."""


class FidelityError(EvaluationError):
    """Fidelity cannot be measured on a clip."""


class TableError(EvaluationError):
    """A table of control values cannot be read; the text names file, row, column and value."""


class FitError(EvaluationError):
    """An expression model cannot be fitted to what there is."""


class ExportError(EvaluationError):
    """Bags cannot be exported as a data set."""
