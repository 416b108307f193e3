# SPDX-License-Identifier: Apache-2.0
"""Nodes that others have started, reached over the bus."""
