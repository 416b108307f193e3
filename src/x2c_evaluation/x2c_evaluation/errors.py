# SPDX-License-Identifier: Apache-2.0
"""Exceptions raised by x2c_evaluation."""

from x2c_core.errors import X2CError


class EvaluationError(X2CError):
    """Base of every error that x2c_evaluation raises on purpose."""


class FidelityError(EvaluationError):
    """Fidelity cannot be measured on a clip."""
