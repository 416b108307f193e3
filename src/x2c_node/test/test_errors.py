# SPDX-License-Identifier: Apache-2.0
import pytest

from x2c_core.errors import X2CError
from x2c_node import errors


@pytest.mark.parametrize("error", [errors.ParameterError, errors.ImageError, errors.MessageError])
def test_every_error_can_be_caught_as_the_packages_and_as_the_projects(error):
    assert issubclass(error, errors.NodeError)
    assert issubclass(error, X2CError)
