# SPDX-License-Identifier: Apache-2.0
"""Keep libraries from reporting about their use."""

from __future__ import annotations

import os


def keep_onnx_runtime_silent() -> None:
    """Let ONNX Runtime send and store no reports; call it before its import, later has no effect.

    Its wheels for Linux (version 1.31.1 was looked at) describe the machine and the sessions to
    their maker, and keep what is not sent yet below ~/.cache/Microsoft. A value that the
    environment variable has already stays.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
