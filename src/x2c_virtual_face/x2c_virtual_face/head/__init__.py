# SPDX-License-Identifier: Apache-2.0
"""The head as a model for MuJoCo: shape, texture, parts and landmarks."""
