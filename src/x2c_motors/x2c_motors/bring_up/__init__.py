# SPDX-License-Identifier: Apache-2.0
"""Actions of `x2c motors`: find motors, move one, calibrate a robot, change its limits."""
