# SPDX-License-Identifier: Apache-2.0
"""The built-in performer: a video of a face making scripted expressions, and its ground truth.

Using it needs no more than numpy. `tools/performer` draws it.
"""

from x2c_perception.performer.truth import Truth, performer_truth, performer_video

__all__ = ["Truth", "performer_truth", "performer_video"]
