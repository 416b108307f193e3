# SPDX-License-Identifier: Apache-2.0
"""Files of networks, as far as they can be told without torch."""

from __future__ import annotations

import hashlib
from pathlib import Path

from safetensors import SafetensorError, safe_open

from x2c_face.regular_files import open_regular
from x2c_imitation.errors import NetworkError

SAFETENSORS = ".safetensors"
ONNX = ".onnx"
CONFIG_KEY = "network_config"
"""Under which a file tells its configuration: JSON in safetensors and ONNX, a dict in torch's."""
DIGEST_KEY = "weights_sha256"
"""Under which an ONNX file tells of which weights it was made."""


def read_metadata(path: Path) -> dict[str, str]:
    """Return the metadata of a safetensors file.

    Raises:
        NetworkError: The file cannot be read.
    """
    try:
        with safe_open(path, framework="np") as file:
            return dict(file.metadata() or {})
    except (OSError, SafetensorError) as error:
        raise NetworkError(unreadable(path, error)) from error


def digest(path: Path) -> str:
    """Return what tells a file from any other one.

    Raises:
        NetworkError: The file cannot be read.
    """
    try:
        digest = hashlib.sha256()
        with open_regular(path) as file:
            while piece := file.read(1 << 20):
                digest.update(piece)
        return digest.hexdigest()
    except OSError as error:
        raise NetworkError(unreadable(path, error)) from error


def unreadable(path: Path, error: Exception) -> str:
    """Return what to say of a file that cannot be read."""
    if not path.is_file():
        return f"there is no file {path.absolute()}"
    reason = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
    return (
        f"{path} cannot be read as a network ({reason}): expected safetensors, ONNX or a torch "
        "checkpoint; is the file whole? Fetch or copy it again"
    )
