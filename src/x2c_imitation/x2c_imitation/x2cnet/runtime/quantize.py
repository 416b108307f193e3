# SPDX-License-Identifier: Apache-2.0
"""Turn a network's ONNX file into one that computes with 8-bit whole numbers.

Weights and what flows between layers become whole numbers (Jacob et al., arXiv 1712.05877); their
ranges are measured on images of the robot. Processors that have instructions for it take half
the time or less; what it costs in accuracy is measured here, on the same images.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from x2c_core.arrays import ImageBatch
from x2c_core.control_space import controls
from x2c_imitation.errors import NetworkError
from x2c_imitation.x2cnet.landmark_motion import MOTION_COUNT, Motions
from x2c_imitation.x2cnet.network.config import Device
from x2c_imitation.x2cnet.runtime.onnx_runtime import INPUT, MOTION, OnnxRuntime
from x2c_imitation.x2cnet.runtime.predictor import Predictor, fit
from x2c_imitation.x2cnet.transfer.robot_image import read_robot_image

# Sums of 8-bit unsigned times 8-bit signed numbers are what x86 processors are made for.
_ACTIVATIONS, _WEIGHTS = QuantType.QUInt8, QuantType.QInt8
_LAYERS = ["Conv", "Add", "MaxPool", "Gemm", "GlobalAveragePool"]

_STILL: Motions = np.zeros((1, MOTION_COUNT), np.float32)

_IMAGES = (".jpg", ".jpeg", ".png")

ENOUGH = 200
"""Number of images that determine the ranges."""


@dataclass(frozen=True)
class QuantizationCost:
    """Change of the outputs, as a share of each control's range.

    Attributes:
        mean: On average over controls and images.
        largest: At most.
    """

    mean: float
    largest: float


def quantize_onnx(path: Path, images: ImageBatch, out: Path) -> QuantizationCost:
    """Write an ONNX file of `export_onnx` with 8-bit numbers.

    Args:
        path: Path of the file.
        images: (n, height, width, 3) RGB, of the robot with many expressions; some hundreds.
        out: File to write; an earlier one is replaced.

    Raises:
        NetworkError: There are no images, or a file cannot be read or written.
    """
    if not len(images):
        raise NetworkError("there are no images to measure ranges on")
    runtime = OnnxRuntime(path, Device.CPU, 1)
    exact = Predictor(runtime)
    sized = fit(images, exact.config)
    partial = out.with_name(out.name + ".part")
    logger = logging.getLogger()
    level = logger.level
    # It recommends, by way of the root logger, what has been done just before.
    logger.setLevel(logging.ERROR)
    try:
        with tempfile.TemporaryDirectory() as folder:
            prepared = Path(folder) / "prepared.onnx"
            quant_pre_process(str(path), str(prepared), skip_symbolic_shape=True)
            quantize_static(
                prepared,
                partial,
                _Reader(sized, exact.config.landmarks),
                quant_format=QuantFormat.QDQ,
                op_types_to_quantize=_LAYERS,
                per_channel=True,
                # Images do not tell the ranges of motion: these few layers stay as they are.
                nodes_to_exclude=_nodes_after(onnx.load(prepared), MOTION),
                activation_type=_ACTIVATIONS,
                weight_type=_WEIGHTS,
                # Processors without 8-bit dot products add pairs in 16 bits, which 8-bit weights
                # can exceed; then values are cut off.
                reduce_range=True,
            )
        model = onnx.load(partial)
        onnx.helper.set_model_props(model, dict(runtime.metadata))
        partial.write_bytes(model.SerializeToString())
        cost = _cost(exact, Predictor(OnnxRuntime(partial, Device.CPU, 1)), sized)
        partial.replace(out)
    except OSError as error:
        raise NetworkError(f"cannot write {out}: {error.strerror}") from error
    finally:
        logger.setLevel(level)
    return cost


def read_images(folder: Path, most: int = ENOUGH) -> ImageBatch:
    """Return images (n, height, width, 3) RGB, evenly chosen from all in a folder and below.

    Images of other sizes than the first one's are brought to its size.

    Raises:
        NetworkError: There are none.
        TransferError: A file is no image.
    """
    files = sorted(one for one in folder.rglob("*") if one.suffix.lower() in _IMAGES)
    if not files:
        raise NetworkError(f"there are no images ({', '.join(_IMAGES)}) in {folder}")
    places = np.unique(np.linspace(0, len(files) - 1, min(most, len(files))).round().astype(int))
    images = [read_robot_image(files[place]) for place in places]
    height, width = images[0].shape[:2]
    return np.array([cv2.resize(image, (width, height)) for image in images], dtype=np.uint8)


class _Reader(CalibrationDataReader):
    """Hand out images one by one, where landmarks are taken too with none moved."""

    def __init__(self, images: ImageBatch, landmarks: bool) -> None:
        self._images: Iterator[NDArray[np.uint8]] = iter(images)
        self._others = {MOTION: _STILL} if landmarks else {}

    def get_next(self) -> dict[str, NDArray[Any]] | None:
        image = next(self._images, None)
        return None if image is None else {INPUT: image[None], **self._others}


def _nodes_after(model: onnx.ModelProto, name: str) -> list[str]:
    """Return the names of all nodes whose results depend on an input."""
    reached, found = {name}, []
    for node in model.graph.node:
        if reached.intersection(node.input):
            reached.update(node.output)
            found.append(node.name)
    return found


def _cost(exact: Predictor, quantized: Predictor, images: ImageBatch) -> QuantizationCost:
    ranges = controls.MAXIMUM - controls.MINIMUM
    still = _STILL if exact.config.landmarks else None
    moved = np.abs(
        [
            (quantized.read(image[None], still) - exact.read(image[None], still))[0] / ranges
            for image in images
        ]
    )
    return QuantizationCost(float(moved.mean()), float(moved.max()))
