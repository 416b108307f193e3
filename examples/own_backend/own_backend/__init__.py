# SPDX-License-Identifier: Apache-2.0
"""Example of an imitation backend in a package of its own."""
