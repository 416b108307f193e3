# SPDX-License-Identifier: Apache-2.0
"""Other nodes: their endpoints, names and parameters."""
