# SPDX-License-Identifier: Apache-2.0
"""Checks of the machine: what `x2c doctor` looks at."""
