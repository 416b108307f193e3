# SPDX-License-Identifier: Apache-2.0
"""Settings of offline evaluation."""

import pytest

from x2c_evaluation.pipeline.settings import EvaluationSettings, make_settings


@pytest.fixture(scope="session")
def settings() -> EvaluationSettings:
    """Everything at its default."""
    return make_settings()
