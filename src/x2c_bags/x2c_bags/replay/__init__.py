# SPDX-License-Identifier: Apache-2.0
"""Plays the camera of a bag, so that the pipeline does the rest again."""
