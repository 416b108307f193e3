# SPDX-License-Identifier: Apache-2.0
import pytest

from x2c_core import errors


@pytest.mark.parametrize("error", [errors.ControlError, errors.LandmarkError, errors.RobotError])
def test_every_error_can_be_caught_as_the_packages_and_as_the_projects(error):
    assert issubclass(error, errors.CoreError)
    assert issubclass(error, errors.X2CError)
