# SPDX-License-Identifier: Apache-2.0
"""Measures latency, throughput and memory of the whole graph."""
