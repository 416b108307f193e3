# SPDX-License-Identifier: Apache-2.0
"""Offline evaluation of recordings, fidelity of imitation, and reports of runs."""
