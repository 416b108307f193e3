# SPDX-License-Identifier: Apache-2.0
"""Servo buses in software: they speak the real protocols, byte by byte, on pseudo-terminals.

For tests, and to try `./x2c motors` and the guide without hardware:

    python src/x2c_actuation/test/bus_emulators feetech --ids 1-12 --link ~/face_bus
"""
