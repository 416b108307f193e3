# SPDX-License-Identifier: Apache-2.0
"""Reading of recordings made anywhere: the files of bags, and the messages in them."""
