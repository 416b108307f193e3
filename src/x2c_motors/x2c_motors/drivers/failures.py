# SPDX-License-Identifier: Apache-2.0
"""Errors in the code of a motor driver, as errors that its users handle.

Drivers of other packages may raise anything. An emergency stop must not be lost in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from x2c_core.errors import X2CError
from x2c_core.system.failures import described
from x2c_motors.errors import DriverError, DriverSettingsError, Fault

F = TypeVar("F", bound=Callable[..., Any])


def guarded(method: F, returns: type, name: str) -> F:
    """Return a method of a driver that raises nothing but DriverError.

    Args:
        method: Method that talks to motors.
        returns: Type of what it returns.
        name: Name of the method.
    """

    @wraps(method)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        what = f"{type(self).__module__}.{type(self).__qualname__}.{name}"
        try:
            result = method(self, *args, **kwargs)
        except DriverError:
            raise
        except Exception as error:
            raise DriverError(Fault.LOST, f"{what} failed: {described(error)}") from error
        if not isinstance(result, returns):
            raise DriverError(
                Fault.LOST, f"{what} returned {result!r}: expected {returns.__name__}"
            )
        return result

    return cast("F", call)


def silenced(method: Callable[..., None]) -> Callable[..., None]:
    """Return a method of a driver that never raises, such as `close`."""

    @wraps(method)
    def call(self: Any) -> None:
        try:
            method(self)
        except Exception:
            self.faults[Fault.LOST] += 1

    return call


def raw_values(received: object, count: int) -> NDArray[np.float64]:
    """Return what `receive_raw` returned as an array.

    Raises:
        DriverError: It is not one number for each joint.
    """
    try:
        values = np.asarray(received, dtype=np.float64)
    except (TypeError, ValueError):
        values = np.empty(0)
    if values.shape != (count,):
        raise DriverError(
            Fault.LOST, f"receive_raw returned {received!r}: expected {count} raw values"
        )
    return values


@contextmanager
def settings_failures(key: str) -> Iterator[None]:
    """Turn errors in the code of a driver, while it is made, into DriverSettingsErrors.

    Args:
        key: Key of its section in robot.yaml.

    Raises:
        DriverSettingsError: The driver cannot be made.
    """
    try:
        yield
    except X2CError:
        raise
    except Exception as error:
        raise DriverSettingsError(f"{key}: the motor driver failed: {described(error)}") from error
