# SPDX-License-Identifier: Apache-2.0
"""Emulated motors: they speak the real protocols, byte by byte.

Servo buses and boards on pseudo-terminals, for tests and for `x2c motors emulate`; a chip in
place of an I2C bus, for tests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from x2c_core.system.registry import Registry

if TYPE_CHECKING:
    from x2c_motors.emulators.pty_bus import PtyBus

EMULATORS: Registry[PtyBus] = Registry(
    "x2c.motor_emulators", "motor emulator", "x2c_motors.emulators.pty_bus:PtyBus"
)
"""All installed emulators, by the name of the driver whose motors they emulate."""
