# SPDX-License-Identifier: Apache-2.0
"""Topics of a recording, and definitions of message types."""
