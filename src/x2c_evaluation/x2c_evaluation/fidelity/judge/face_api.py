# SPDX-License-Identifier: Apache-2.0
"""Judge of face-api: a small network for seven expressions, run in NumPy.

Its weights are in the npm package @vladmandic/face-api (MIT licence), which nothing else needs.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from x2c_core.arrays import Array, ImageArray
from x2c_core.face import topology
from x2c_core.files.input_limits import NETWORK_BYTES, TEXT_BYTES, LimitError
from x2c_core.files.regular_files import read_bytes, read_text
from x2c_evaluation.errors import FidelityError
from x2c_evaluation.fidelity.judge.expression_judge import ExpressionJudge
from x2c_perception.neutral.person_store import persons_folder

PACKAGE = "@vladmandic/face-api"
VERSION = "1.7.15"

_MODEL = "face_expression_model"
_SIDE = 112
_MEAN = np.array([122.782, 117.001, 104.298], dtype=np.float32)
_BLOCKS = 4

_Weights = NDArray[np.float32]


class FaceApiJudge(ExpressionJudge):
    """Network of face-api.

    Args:
        folder: Folder `model` of the npm package.

    Raises:
        FidelityError: The weights cannot be read, or are another network's.
    """

    name = f"{PACKAGE} {VERSION}"

    def __init__(self, folder: Path) -> None:
        self._weights = _read_weights(folder)

    def read(self, rgb: ImageArray, landmarks: Array) -> Array:
        """Return the probability (7,) of each expression."""
        crop = upright_crop(rgb, landmarks)
        features = (crop.astype(np.float32) - _MEAN) / 255.0
        for block in range(_BLOCKS):
            features = self._block(features, f"dense{block}/conv")
        pooled = features.mean(axis=(0, 1))
        scores = pooled @ self._weights["fc/weights"] + self._weights["fc/bias"]
        shares = np.exp((scores - scores.max()).astype(np.float64))
        return np.asarray(shares / shares.sum())

    def _block(self, features: _Weights, name: str) -> _Weights:
        """Return the features of half the size after four convolutions, each added to the last."""
        if f"{name}0/filters" in self._weights:
            first = _convolved(features, self._weights[f"{name}0/filters"], 2)
            first = _positive(first + self._weights[f"{name}0/bias"])
        else:
            first = _positive(self._separable(features, f"{name}0", 2))
        second = first + self._separable(first, f"{name}1", 1)
        third = second + self._separable(_positive(second), f"{name}2", 1)
        return _positive(third + self._separable(_positive(third), f"{name}3", 1))

    def _separable(self, features: _Weights, name: str, stride: int) -> _Weights:
        weights = self._weights
        each = weights[f"{name}/depthwise_filter"][:, :, :, 0]
        deep = sum(part * each[at] for at, part in _windows(features, stride))
        mixed = deep @ weights[f"{name}/pointwise_filter"][0, 0] + weights[f"{name}/bias"]
        return np.asarray(mixed, dtype=np.float32)


def find_face_api() -> Path | None:
    """Return the folder `model` of the installed npm package, or None where it is not installed.

    Looked for in node_modules of the current folder, and where `how_to_install` says.
    """
    for root in (Path.cwd(), _prefix()):
        folder = root / "node_modules" / PACKAGE / "model"
        if (folder / f"{_MODEL}.bin").is_file():
            return folder
    return None


def how_to_install() -> str:
    """Return the command that installs the package for this user."""
    return f"npm install --ignore-scripts --prefix {_prefix()} {PACKAGE}@{VERSION}"


def upright_crop(rgb: ImageArray, landmarks: Array) -> ImageArray:
    """Return the square (112, 112, 3) that just holds a face's landmarks, eyes level.

    Args:
        rgb: (height, width, 3).
        landmarks: (478, 3) [pixel].
    """
    points = landmarks[:, :2]
    right, left = points[topology.EYE_RIGHT_UPPER].mean(0), points[topology.EYE_LEFT_UPPER].mean(0)
    along = (left - right) / max(float(np.linalg.norm(left - right)), 1e-9)
    turn = np.array([[along[0], along[1]], [-along[1], along[0]]])
    turned = points @ turn.T
    low, high = turned.min(axis=0), turned.max(axis=0)
    scale = _SIDE / max(float((high - low).max()), 1.0)
    shift = _SIDE / 2.0 - scale * (low + high) / 2.0
    matrix = np.hstack([scale * turn, shift[:, None]])
    # Where many pixels become one they are averaged first: fine texture would flicker.
    halvings = int(np.clip(np.floor(np.log2(1.0 / scale)), 0, 4))
    for _ in range(halvings):
        rgb = cv2.resize(rgb, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    matrix[:, :2] *= 2.0**halvings
    crop = cv2.warpAffine(rgb, matrix, (_SIDE, _SIDE), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(crop, dtype=np.uint8)


def _prefix() -> Path:
    return persons_folder().parent


def _read_weights(folder: Path) -> dict[str, _Weights]:
    manifest, binary = folder / f"{_MODEL}-weights_manifest.json", folder / f"{_MODEL}.bin"
    try:
        entries = json.loads(read_text(manifest, TEXT_BYTES))[0]["weights"]
        weights = _unpacked(entries, read_bytes(binary, NETWORK_BYTES))
        if (
            weights["fc/weights"].shape != (256, 7)
            or f"dense{_BLOCKS - 1}/conv3/bias" not in weights
        ):
            raise ValueError("it holds another network")
    except (OSError, LimitError, ValueError, KeyError, IndexError, TypeError) as error:
        raise FidelityError(
            f"the judge in {folder} cannot be read: {error}; install it again: {how_to_install()}"
        ) from error
    return weights


def _unpacked(entries: list[dict[str, Any]], data: bytes) -> dict[str, _Weights]:
    weights, place = {}, 0
    for entry in entries:
        count = int(np.prod(entry["shape"]))
        quantized = entry.get("quantization")
        if quantized is None:
            values = np.frombuffer(data, "<f4", count, place)
            place += 4 * count
        else:
            steps = np.frombuffer(data, np.uint8, count, place)
            values = steps * np.float32(quantized["scale"]) + np.float32(quantized["min"])
            place += count
        weights[entry["name"]] = values.reshape(entry["shape"]).astype(np.float32)
    if place != len(data):
        raise ValueError(f"the weights have {len(data)} bytes, expected {place}")
    return weights


def _convolved(features: _Weights, filters: _Weights, stride: int) -> _Weights:
    return np.asarray(sum(part @ filters[at] for at, part in _windows(features, stride)))


def _windows(features: _Weights, stride: int) -> list[tuple[tuple[int, int], _Weights]]:
    """Return what each of the 3 x 3 weights of a convolution is multiplied with.

    The border is filled up with zeros so that the output has 1 / stride of the size.
    """
    size = -(-features.shape[0] // stride)
    border = max((size - 1) * stride + 3 - features.shape[0], 0)
    sides = (border // 2, border - border // 2)
    padded = np.pad(features, (sides, sides, (0, 0)))
    reach = stride * (size - 1) + 1
    return [
        ((row, column), padded[row : row + reach : stride, column : column + reach : stride])
        for row in range(3)
        for column in range(3)
    ]


def _positive(features: _Weights) -> _Weights:
    return np.maximum(features, 0.0)
