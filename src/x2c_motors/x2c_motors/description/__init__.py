# SPDX-License-Identifier: Apache-2.0
"""Options and calibration of motors, as robot.yaml has them."""
