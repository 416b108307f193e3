# SPDX-License-Identifier: Apache-2.0
"""The nodes of a graph, run in this process or as processes."""
