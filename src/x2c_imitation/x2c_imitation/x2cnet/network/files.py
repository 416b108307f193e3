# SPDX-License-Identifier: Apache-2.0
"""Files of networks, recognised without torch."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

from safetensors import SafetensorError, safe_open

from x2c_core.files.impostors import mistaken_content
from x2c_core.files.input_limits import NETWORK_BYTES, LimitError
from x2c_core.files.regular_files import check_regular, open_regular
from x2c_imitation.errors import NetworkError

SAFETENSORS = ".safetensors"
ONNX = ".onnx"
CONFIG_KEY = "network_config"
"""Key of the configuration in a file: JSON in safetensors and ONNX, a dict in torch's."""
DIGEST_KEY = "weights_sha256"
"""Key of the fingerprint of the weights in an ONNX file."""


def check_network_file(path: Path) -> None:
    """Refuse a file before anything of it is unpacked.

    Raises:
        NetworkError: The path leads to no regular file, or the file unpacks to more than the
            limit.
    """
    try:
        size = check_regular(path)
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                size = max(size, sum(entry.file_size for entry in archive.infolist()))
        NETWORK_BYTES.check(size, f"{path} unpacks to")
    except FileNotFoundError as error:
        raise NetworkError(f"there is no file {path.absolute()}") from error
    except LimitError as error:
        raise NetworkError(str(error)) from error
    except OSError as error:
        raise NetworkError(f"cannot read {path}: {error.strerror or error}") from error
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise NetworkError(unreadable(path, error)) from error


def read_metadata(path: Path) -> dict[str, str]:
    """Return the metadata of a safetensors file.

    Raises:
        NetworkError: The file cannot be read.
    """
    check_network_file(path)
    try:
        with safe_open(path, framework="np") as file:
            return dict(file.metadata() or {})
    except (OSError, SafetensorError) as error:
        raise NetworkError(unreadable(path, error)) from error


def digest(path: Path) -> str:
    """Return the fingerprint of a file.

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
    if mistaken := mistaken_content(path):
        return f"{path} is no network: {mistaken}"
    reason = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
    return (
        f"{path} cannot be read as a network ({reason}): expected safetensors, ONNX or a torch "
        "checkpoint; is the file whole? Fetch or copy it again"
    )
