# SPDX-License-Identifier: Apache-2.0
"""Motor drivers, the node that commands motors, calibration and bus emulators."""
