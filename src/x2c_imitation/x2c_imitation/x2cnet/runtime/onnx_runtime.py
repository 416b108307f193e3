# SPDX-License-Identifier: Apache-2.0
"""Run a network with ONNX Runtime; torch is not needed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from x2c_core.arrays import ImageBatch
from x2c_core.control_space import controls
from x2c_imitation.errors import NetworkError
from x2c_imitation.x2cnet.landmark_motion import MOTION_COUNT, Motions
from x2c_imitation.x2cnet.network.config import Device, NetworkConfig
from x2c_imitation.x2cnet.network.files import (
    CONFIG_KEY,
    check_network_file,
    unreadable,
)
from x2c_imitation.x2cnet.runtime.runtime import Runtime

INPUT, MOTION, OUTPUT = "pictures", "motion", "controls"
_PROVIDERS = {Device.CPU: "CPUExecutionProvider", Device.CUDA: "CUDAExecutionProvider"}
_ERRORS_ONLY = 3


class OnnxRuntime(Runtime):
    """Run a file that `export_onnx` has written.

    Args:
        path: Path of the file.
        device: Device of the network.
        threads: Number of processor cores to use.

    Raises:
        NetworkError: The file cannot be read, takes or gives other shapes, or the device is not
            there.
    """

    def __init__(self, path: Path, device: Device | str, threads: int) -> None:
        provider = _PROVIDERS[Device(device)]
        there = onnxruntime.get_available_providers()
        if provider not in there:
            raise NetworkError(
                f"device {device}: this ONNX Runtime cannot use it (it has {', '.join(there)}): "
                "install onnxruntime-gpu and NVIDIA's libraries, or use device:=cpu"
            )
        check_network_file(path)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = _ERRORS_ONLY
        # Threads that wait by spinning would take the cores from the other nodes.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(str(path), options, providers=[provider])
        except Exception as error:
            # ONNX Runtime's own errors have no common base.
            raise NetworkError(unreadable(path, error)) from error
        if provider not in self._session.get_providers():
            raise NetworkError(
                f"device {device}: ONNX Runtime has it, but could not start it; look at its "
                "messages above for the library that is missing, or use device:=cpu"
            )
        self.metadata: Mapping[str, str] = dict(self._session.get_modelmeta().custom_metadata_map)
        self._config = _config(path, self.metadata)
        self._check(path)

    @property
    def config(self) -> NetworkConfig:
        """Of the network."""
        return self._config

    def infer(self, images: ImageBatch, motion: Motions | None = None) -> NDArray[np.float32]:
        """Return the network's outputs (n, 30), in its own units."""
        given = {INPUT: images} if motion is None else {INPUT: images, MOTION: motion}
        return np.asarray(self._session.run([OUTPUT], given)[0])

    def _check(self, path: Path) -> None:
        size = self._config.image_size
        moved = [(MOTION, "tensor(float)", [MOTION_COUNT])] if self._config.landmarks else []
        wanted = (
            [(INPUT, "tensor(uint8)", [size, size, 3]), *moved],
            [(OUTPUT, "tensor(float)", [controls.COUNT])],
        )
        both = (self._session.get_inputs(), self._session.get_outputs())
        found = tuple([(one.name, one.type, list(one.shape[1:])) for one in side] for side in both)
        # A batch of any size has a name or nothing in its place.
        fixed = [one.name for side in both for one in side if isinstance(one.shape[0], int)]
        if found != wanted or fixed:
            raise NetworkError(
                f"{path} does not fit: expected {_described(wanted)} with any n, "
                f"got {_described(found)}{' with a fixed n' if fixed else ''}; make it with "
                "'./x2c export-network'"
            )


def _config(path: Path, metadata: Mapping[str, str]) -> NetworkConfig:
    if CONFIG_KEY not in metadata:
        raise NetworkError(
            f"{path} does not state which images it takes ({CONFIG_KEY} in its metadata): make "
            "it of the weights with './x2c export-network'"
        )
    try:
        return NetworkConfig.from_json(metadata[CONFIG_KEY])
    except NetworkError as error:
        raise NetworkError(f"{path}: {CONFIG_KEY} in its metadata: {error}") from error


def _described(sides: tuple[list[tuple[str, str, list[int]]], ...]) -> str:
    texts = [
        ", ".join(f"{name} {kind} (n, {', '.join(map(str, shape))})" for name, kind, shape in side)
        for side in sides
    ]
    return " to ".join(texts)
