# SPDX-License-Identifier: Apache-2.0
"""The nodes of a graph, with their names, parameters and remappings."""
