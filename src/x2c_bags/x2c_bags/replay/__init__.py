# SPDX-License-Identifier: Apache-2.0
"""Play the camera of a bag, so that the pipeline does the rest again."""
