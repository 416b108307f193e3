# SPDX-License-Identifier: Apache-2.0
"""Environment variable by which a process knows that a launcher started it."""

LAUNCHER_VARIABLE = "X2C_LAUNCHER"
"""Environment variable with the id of the process whose end ends this one."""
