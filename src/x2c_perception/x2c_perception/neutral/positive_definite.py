# SPDX-License-Identifier: Apache-2.0
"""Inverses of covariances, the same to the last bit with any number of BLAS threads.

NumPy's own `inv` and `solve` are not: LAPACK splits them by the threads there are.
"""

from __future__ import annotations

import numpy as np

from x2c_core.arrays import Array


def inverse_factor(covariances: Array) -> Array:
    """Return matrices (..., n, n) with which residuals become white: W cov W^T is the identity.

    Args:
        covariances: (..., n, n), positive definite.
    """
    lower = np.linalg.cholesky(covariances)
    factor = np.zeros_like(lower)
    for row in range(lower.shape[-1]):
        known = np.einsum("...j,...jk->...k", lower[..., row, :row], factor[..., :row, :])
        factor[..., row, :] = -known
        factor[..., row, row] += 1.0
        factor[..., row, :] /= lower[..., row, row, None]
    return factor


def inverse(covariances: Array) -> Array:
    """Return the inverses (..., n, n) of covariances (..., n, n), which are positive definite."""
    factor = inverse_factor(covariances)
    return np.asarray(np.einsum("...ki,...kj->...ij", factor, factor))
