# SPDX-License-Identifier: Apache-2.0
"""Networks of the face tracker, loaded only where they will compute what they were tested to."""

from __future__ import annotations

import hashlib
import platform
import re
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from x2c_perception.errors import TrackerError

SHA256 = {
    "face_detector.onnx": "1ff46da09c86959d30b357caa7629f10d2482b85d1e61863cedad4f23c6f45b1",
    "face_landmarks.onnx": "129d0d4f96b0ffea785694921b46fad2a01d81cc95cd8f17861bcaee618946d2",
}
"""Digests of the networks in `data/`, as tools/face_models prints them."""

OLDEST, TOO_NEW = (1, 20), (2, 0)
"""First version of ONNX Runtime that was tested, and the first that may differ."""

_CPU = Path("/proc/cpuinfo")


class ModelSession:
    """One network on one core: several threads cost more processor time than they save.

    Args:
        name: File in `data/`.
        outputs: Names of the outputs to return.

    Raises:
        TrackerError: The file is missing or altered, or this processor or ONNX Runtime is none it
            was tested with.
    """

    def __init__(self, name: str, outputs: tuple[str, ...]) -> None:
        file = _checked_file(name)
        _check_processor(platform.machine(), _CPU)
        runtime = _checked_runtime()
        options = runtime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            # By its path: a session keeps the bytes that it is given.
            with resources.as_file(file) as path:
                self._session = runtime.InferenceSession(
                    path, options, providers=["CPUExecutionProvider"]
                )
        except Exception as error:
            raise TrackerError(
                f"ONNX Runtime {runtime.__version__} cannot load the face tracker's {name}: "
                f"{error}; install the pinned one: make setup"
            ) from error
        self._outputs = list(outputs)

    def run(self, image: NDArray[np.uint8], *, bgr: bool = False) -> list[NDArray[np.float32]]:
        """Return the network's outputs for an image (height, width, 3), RGB or else BGR."""
        height, width = image.shape[:2]
        planes = np.empty((1, 3, height, width), dtype=np.uint8)
        # Several times as fast as numpy's transposition, or one in the network.
        cv2.split(image, [*planes[0, ::-1]] if bgr else [*planes[0]])
        found: list[NDArray[np.float32]] = self._session.run(self._outputs, {"image": planes})
        return found


def _checked_file(name: str) -> Traversable:
    file = resources.files("x2c_perception") / "data" / name
    remedy = "install x2c_perception again: make build"
    try:
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise TrackerError(
            f"the face tracker's network {file} cannot be read: {error}; {remedy}"
        ) from error
    if digest != SHA256[name]:
        raise TrackerError(
            f"the face tracker's network {file} is not the one of this version; {remedy}"
        )
    return file


def _check_processor(machine: str, cpuinfo: Path) -> None:
    """Refuse an x86 processor without AVX, on which ONNX Runtime computes otherwise and slowly."""
    if machine not in ("x86_64", "AMD64"):
        return
    try:
        flags = re.search(r"^flags\s*:(.*)$", cpuinfo.read_text(), re.MULTILINE)
    except OSError:
        return
    if flags and "avx" not in flags[1].split():
        raise TrackerError(
            "this processor has no AVX, which the face tracker needs; run face_tracker_node on "
            "another machine (in a virtual machine, pass the host's processor through)"
        )


def _checked_runtime() -> Any:
    try:
        # Only here: the import takes a fifth of a second and 30 MB.
        import onnxruntime
    except ImportError as error:
        raise TrackerError(
            f"the face tracker needs ONNX Runtime: {error}; pip install onnxruntime, or make setup"
        ) from error
    version = onnxruntime.__version__
    numbers = tuple(int(one) for one in re.findall(r"\d+", version)[:2])
    if not OLDEST <= numbers < TOO_NEW:
        raise TrackerError(
            f"ONNX Runtime {version} is not one the face tracker was tested with; expected "
            f"{OLDEST[0]}.{OLDEST[1]} or later, before {TOO_NEW[0]}.{TOO_NEW[1]}: "
            f"pip install 'onnxruntime>={OLDEST[0]}.{OLDEST[1]},<{TOO_NEW[0]}'"
        )
    return onnxruntime
