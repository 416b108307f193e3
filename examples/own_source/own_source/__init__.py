# SPDX-License-Identifier: Apache-2.0
"""A camera source and an expression source outside of X2C."""
