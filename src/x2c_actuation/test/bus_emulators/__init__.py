# SPDX-License-Identifier: Apache-2.0
"""Test robots and helpers for emulated buses; the modules of x2c_actuation.bus_emulators too."""

from x2c_actuation import bus_emulators

__path__ += bus_emulators.__path__
