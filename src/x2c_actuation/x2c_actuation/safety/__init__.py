# SPDX-License-Identifier: Apache-2.0
"""States of the joints, emergency stop, and checks of measured positions."""
