# SPDX-License-Identifier: Apache-2.0
"""Commands to the motors of a board, in a thread of its own."""
