# SPDX-License-Identifier: Apache-2.0
"""The live page on the bus: what it receives, shows and does."""
