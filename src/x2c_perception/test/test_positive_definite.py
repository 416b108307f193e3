# SPDX-License-Identifier: Apache-2.0
import os
import subprocess
import sys

import numpy as np
import pytest

from x2c_perception.neutral.people_prior import people_prior
from x2c_perception.neutral.positive_definite import inverse, inverse_factor

_DIGEST = """
import hashlib
import numpy as np
from x2c_core.face.topology import REFERENCE
from x2c_perception.neutral.identity_estimate import estimate_identity, first_guess
from x2c_perception.neutral.people_prior import people_prior
prior = people_prior()
moves = np.random.default_rng(0).standard_normal((64, 478, 3))
frames = np.array([prior.measure(REFERENCE + 0.01 * one) for one in moves])
found = estimate_identity(prior, frames, np.full(64, 0.03), first_guess(prior), 3)
content = found.features.tobytes() + found.rest.tobytes() + prior.face(found.features).tobytes()
print(hashlib.sha256(content).hexdigest())
"""


def test_inverses_are_inverses():
    covariances = people_prior().expressions
    product = inverse(covariances) @ covariances
    np.testing.assert_allclose(product, np.broadcast_to(np.eye(28), product.shape), atol=1e-6)
    factor = inverse_factor(covariances)
    white = factor @ covariances @ np.swapaxes(factor, 1, 2)
    np.testing.assert_allclose(white, np.broadcast_to(np.eye(28), white.shape), atol=1e-6)


@pytest.mark.process
def test_an_estimate_is_the_same_with_any_number_of_threads():
    def digest(threads: int) -> str:
        number = str(threads)
        environment = os.environ | {"OPENBLAS_NUM_THREADS": number, "OMP_NUM_THREADS": number}
        command = [sys.executable, "-c", _DIGEST]
        return subprocess.run(
            command, env=environment, check=True, capture_output=True, text=True, timeout=400
        ).stdout

    assert digest(1) == digest(2)
