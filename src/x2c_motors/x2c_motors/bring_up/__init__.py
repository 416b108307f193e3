# SPDX-License-Identifier: Apache-2.0
"""What `x2c motors` does: finding motors, moving one, calibrating a robot, its limits."""
