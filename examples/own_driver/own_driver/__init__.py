# SPDX-License-Identifier: Apache-2.0
"""A motor driver for X2C in a package of its own."""
