# SPDX-License-Identifier: Apache-2.0
"""The running pipeline with controls to break it."""
