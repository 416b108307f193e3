# SPDX-License-Identifier: Apache-2.0
"""The data card of a collected data set."""
