# SPDX-License-Identifier: Apache-2.0
"""Animations that a robot plays while a data set is collected."""
