# SPDX-License-Identifier: Apache-2.0
"""The models to convert: those in MediaPipe's last wheel that has them."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path

WHEEL = "mediapipe-0.10.21-cp311-cp311-manylinux_2_28_x86_64.whl"
_VERSION = "0.10.21"
_SHA256 = "05dc4a9e593655a79558d05d6227d31018c2537a4bd3362b51e230cf22aecfe3"
DETECTOR = "mediapipe/modules/face_detection/face_detection_short_range.tflite"
LANDMARKS = "mediapipe/modules/face_landmark/face_landmark_with_attention.tflite"
LICENCE = f"mediapipe-{_VERSION}.dist-info/LICENSE"


class WheelError(RuntimeError):
    """The wheel cannot be had, or is another one."""


def fetch_wheel(folder: Path) -> Path:
    """Download the wheel from the package index and return where it is.

    Any Python on any machine can do so: nothing of the wheel is run.

    Raises:
        WheelError: pip cannot download it.
    """
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--only-binary=:all:", "--python-version=3.11"]
    command += ["--platform=manylinux_2_28_x86_64", f"--dest={folder}", f"mediapipe=={_VERSION}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        raise WheelError(f"pip could not download mediapipe {_VERSION}: {done.stderr.strip()}")
    return folder / WHEEL


def unpack(wheel: Path, folder: Path) -> None:
    """Write the models and the licence into a folder, under their names in the wheel.

    Raises:
        WheelError: It is not the wheel that is expected.
    """
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if digest != _SHA256:
        raise WheelError(f"{wheel} has the SHA-256 digest {digest}, expected {_SHA256}")
    with zipfile.ZipFile(wheel) as archive:
        for name in (DETECTOR, LANDMARKS, LICENCE):
            archive.extract(name, folder)
