# SPDX-License-Identifier: Apache-2.0
"""Text-to-speech engines, and texts as they are spoken."""
