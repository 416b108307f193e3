# SPDX-License-Identifier: Apache-2.0
"""Networks of the face tracker: detection, crops, landmarks."""

from x2c_core.system.telemetry import keep_onnx_runtime_silent

keep_onnx_runtime_silent()
