# SPDX-License-Identifier: Apache-2.0
"""Faults put into the running pipeline, and what the joints did about them."""
