# SPDX-License-Identifier: Apache-2.0
"""Checks of what runs mapping networks, and of the networks of the installed robots."""

from __future__ import annotations

from collections.abc import Iterator

from x2c_cli.doctor.finding import Finding, fail, ok, warn
from x2c_core.errors import X2CError
from x2c_core.robot.robot_file import load_robot
from x2c_core.system.telemetry import keep_onnx_runtime_silent
from x2c_node.robots import robot_folders


def networks() -> Iterator[Finding]:
    """Check that the backend x2cnet can run, robot by robot."""
    keep_onnx_runtime_silent()
    try:
        import onnxruntime

        from x2c_imitation.x2cnet.runtime.predictor import load_predictor
    except ImportError as error:
        advice = "pip install onnxruntime safetensors (make setup); the solver works without"
        yield warn("ONNX Runtime", f"the backend x2cnet cannot run: {error}", advice)
        return
    cuda = "CUDAExecutionProvider" in onnxruntime.get_available_providers()
    yield ok("ONNX Runtime", f"{onnxruntime.__version__}, {'CPU and CUDA' if cuda else 'CPU'}")
    for name, folder in robot_folders().items():
        try:
            path = load_robot(folder).network
            if not path.is_file():
                continue
            config = load_predictor(path).config
        except X2CError as error:
            yield fail(f"network of {name}", str(error), "correct it, or use backend:=solver")
        else:
            text = f"{path.name}, {config.backbone}, {config.image_size} pixels"
            yield ok(f"network of {name}", text)
