# SPDX-License-Identifier: Apache-2.0
"""Measure latency, throughput and memory of the whole graph."""
