# SPDX-License-Identifier: Apache-2.0
"""The live page's server: a running system, seen and operated in a web browser."""
