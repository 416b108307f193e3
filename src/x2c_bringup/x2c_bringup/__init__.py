# SPDX-License-Identifier: Apache-2.0
"""Launch files, configuration, and the graph of nodes as processes or in one process."""
