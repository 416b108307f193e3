# SPDX-License-Identifier: Apache-2.0
"""The 30 controls of X2C: names, ranges, values over time, errors between them."""
