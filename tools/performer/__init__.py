# SPDX-License-Identifier: Apache-2.0
"""Generator of the built-in performer: the video and its ground truth."""
