# SPDX-License-Identifier: Apache-2.0
"""The graph of nodes, the composed process and the x2c command."""
