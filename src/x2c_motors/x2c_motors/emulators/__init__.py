# SPDX-License-Identifier: Apache-2.0
"""Motors in software: they speak the real protocols, byte by byte.

Servo buses and boards on pseudo-terminals, for tests and for `x2c motors emulate`; a chip in
place of an I2C bus, for tests.
"""
