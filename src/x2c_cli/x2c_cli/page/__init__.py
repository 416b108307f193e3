# SPDX-License-Identifier: Apache-2.0
"""The live page's program: when it runs, and what browsers have done."""
