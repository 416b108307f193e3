# SPDX-License-Identifier: Apache-2.0
"""Commands for nodes that run already, from any shell."""
