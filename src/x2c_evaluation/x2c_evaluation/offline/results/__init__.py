# SPDX-License-Identifier: Apache-2.0
"""Curves and figures of evaluations, and their comparison."""
