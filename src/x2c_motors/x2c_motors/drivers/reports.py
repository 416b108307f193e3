# SPDX-License-Identifier: Apache-2.0
"""Reports of a motor driver on its motors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Health:
    """Condition of the motors.

    Attributes:
        values: Values with units, by name, for `/diagnostics`.
        warnings: Sentences for users; empty if all is well.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class MotorState:
    """Check that a motor still has its torque.

    Attributes:
        holds: Whether torque is enabled, and the motor follows commands.
        trouble: Reason why torque cannot be enabled, and remedy; empty if it can.
    """

    holds: bool
    trouble: str = ""


@dataclass(frozen=True)
class Found:
    """A motor found on a bus.

    Attributes:
        address: Id or channel of the motor.
        model: Model, as far as the motor reports it.
        raw: Position [raw]; NaN if the motor cannot measure it.
        notes: Anything else worth knowing, such as voltage and temperature.
    """

    address: int
    model: str
    raw: float
    notes: str = ""
