# SPDX-License-Identifier: Apache-2.0
"""Runtimes of mapping networks, and export for them."""

from x2c_core.system.telemetry import keep_onnx_runtime_silent

keep_onnx_runtime_silent()
