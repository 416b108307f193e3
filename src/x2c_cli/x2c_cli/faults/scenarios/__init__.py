# SPDX-License-Identifier: Apache-2.0
"""Faults to put into the running pipeline."""
