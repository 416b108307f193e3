# SPDX-License-Identifier: Apache-2.0
"""Comparison of tensors.

As `torch.testing.assert_close`, which imports torch.distributed and so takes each worker seconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch


def assert_close(
    found: torch.Tensor, expected: torch.Tensor, rtol: float = 1.3e-6, atol: float = 1e-5
) -> None:
    """Assert that tensors have the same type and shape, and values as close as told."""
    assert found.dtype == expected.dtype
    assert found.shape == expected.shape
    np.testing.assert_allclose(
        found.detach().numpy(), expected.detach().numpy(), rtol=rtol, atol=atol
    )
