# SPDX-License-Identifier: Apache-2.0
"""Conversion of MediaPipe's face detector and face mesh to ONNX, and comparison with MediaPipe.

`python -m face_models convert` and `python -m face_models compare` run from `tools/`.
"""
