# SPDX-License-Identifier: Apache-2.0
"""The live page: a running system, seen and operated in a web browser."""
