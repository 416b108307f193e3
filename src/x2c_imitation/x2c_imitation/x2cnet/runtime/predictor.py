# SPDX-License-Identifier: Apache-2.0
"""From images to control values, with whatever runs the network."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from x2c_core.arrays import Array, ImageBatch
from x2c_core.control_space import controls
from x2c_core.system.optional_modules import how_to_install
from x2c_imitation.errors import NetworkError
from x2c_imitation.x2cnet.landmark_motion import MOTION_COUNT, Motions
from x2c_imitation.x2cnet.network.config import (
    AngleUnit,
    Device,
    NetworkConfig,
    RuntimeName,
)
from x2c_imitation.x2cnet.network.files import DIGEST_KEY, ONNX, SAFETENSORS, digest
from x2c_imitation.x2cnet.runtime.runtime import Runtime


class Predictor:
    """Read control values off images of a robot's face.

    Args:
        runtime: Runs the network.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    @property
    def config(self) -> NetworkConfig:
        """Of the network."""
        return self._runtime.config

    def predict(self, images: ImageBatch, motion: Motions | None = None) -> Array:
        """Return control values (n, 30) [ratio or rad], not limited to any range.

        Args:
            images: (n, height, width, 3) RGB, of any size.
            motion: (n, MOTION_COUNT) motion of the landmarks, where the network takes it.

        Raises:
            NetworkError: The images or the motion have another shape or type, or the network
                gives no finite numbers for them.
        """
        if images.ndim != 4 or images.shape[3] != 3 or images.dtype != np.uint8:
            raise NetworkError(
                "expected images (n, height, width, 3) of uint8, got "
                f"{images.shape} of {images.dtype}"
            )
        if not images.size:
            return np.empty((0, controls.COUNT))
        return self.read(fit(images, self.config), motion)

    def read(self, images: ImageBatch, motion: Motions | None = None) -> Array:
        """Return control values (n, 30) [ratio or rad], not limited to any range.

        Args:
            images: (n, size, size, 3) RGB, as `fit` makes them.
            motion: (n, MOTION_COUNT) motion of the landmarks, where the network takes it.

        Raises:
            NetworkError: The motion has another shape, or the network gives no finite numbers.
        """
        moved = self._motion(len(images), motion)
        given = (images,) if moved is None else (images, moved)
        values = np.asarray(self._runtime.infer(*given), dtype=np.float64)
        if not np.isfinite(values).all():
            raise NetworkError("the network's outputs are NaN or infinite: its weights are broken")
        # The one place where upstream's degrees become radians.
        return controls.from_upstream(values) if self._in_degrees else values

    def _motion(self, count: int, motion: Motions | None) -> Motions | None:
        """Return the motion if the network takes it."""
        if not self.config.landmarks:
            return None
        if motion is None:
            raise NetworkError(
                "this network needs the motion of landmarks beside the image, and there is none"
            )
        if motion.shape != (count, MOTION_COUNT) or not np.isfinite(motion).all():
            raise NetworkError(
                f"expected the motion of landmarks as ({count}, {MOTION_COUNT}) finite numbers, "
                f"got {motion.shape}{'' if np.isfinite(motion).all() else ' with NaN or infinity'}"
            )
        return np.ascontiguousarray(motion, dtype=np.float32)

    @property
    def _in_degrees(self) -> bool:
        return self.config.angle_unit is AngleUnit.DEG


def fit(images: ImageBatch, config: NetworkConfig) -> ImageBatch:
    """Return what a network sees of images (n, height, width, 3), at its size."""
    height, width = images.shape[1:3]
    left, top, right, bottom = config.crop
    x, y = round(left * width), round(top * height)
    across, down = max(round((right - left) * width), 1), max(round((bottom - top) * height), 1)
    return resize(images[:, y : y + down, x : x + across], config.image_size)


def resize(images: ImageBatch, size: int) -> ImageBatch:
    """Return images (n, height, width, 3) as (n, size, size, 3)."""
    if images.shape[1:3] == (size, size):
        return np.ascontiguousarray(images)
    shrinks = min(images.shape[1:3]) > size
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    sized = [cv2.resize(image, (size, size), interpolation=how) for image in images]
    return np.asarray(sized, dtype=np.uint8)


def load_predictor(
    path: Path,
    runtime: RuntimeName | str = RuntimeName.ONNX,
    device: Device | str = Device.CPU,
    threads: int = 1,
    config: NetworkConfig | None = None,
) -> Predictor:
    """Return what reads control values off images with the network in a file.

    Of weights and the ONNX file made of them, either may be named: the runtime takes the one that
    it can run, of the same name in the same folder.

    Args:
        path: Path of weights, or of an ONNX file.
        runtime: Runtime of the network; torch is imported only if it is "torch".
        device: Device of the network.
        threads: Number of processor cores to use.
        config: Configuration of the network, for weights that do not hold it.

    Raises:
        NetworkError: There is no such runtime or device, or the file cannot be used.
    """
    if runtime not in tuple(RuntimeName):
        raise NetworkError(f"unknown runtime {runtime!r}; they are: {', '.join(RuntimeName)}")
    if device not in tuple(Device):
        raise NetworkError(f"unknown device {device!r}; they are: {', '.join(Device)}")
    if runtime == RuntimeName.TORCH:
        return Predictor(_torch(path, device, threads, config))
    return Predictor(_onnx(path, device, threads))


def _torch(path: Path, device: str, threads: int, config: NetworkConfig | None) -> Runtime:
    weights = path.with_suffix(SAFETENSORS) if path.suffix == ONNX else path
    if not weights.is_file():
        hint = ", or use runtime:=onnx" if path.is_file() else ""
        raise NetworkError(f"there is no file {weights.absolute()} for the runtime torch{hint}")
    try:
        from x2c_imitation.x2cnet.network.weights import load_network
        from x2c_imitation.x2cnet.runtime.torch_runtime import TorchRuntime
    except ModuleNotFoundError as error:
        raise NetworkError(
            f"runtime torch needs {error.name}: {how_to_install(error.name or 'torch')}, "
            "or use runtime:=onnx"
        ) from error
    return TorchRuntime(*load_network(weights, config), device, threads)


def _onnx(path: Path, device: str, threads: int) -> Runtime:
    exported = path.with_suffix(ONNX)
    make = f"make it with './x2c export-network {path}'"
    if not exported.is_file():
        if not path.is_file():
            raise NetworkError(f"there is no file {path.absolute()}")
        raise NetworkError(
            f"there is no {exported.name} beside {path}, which the runtime onnx needs: {make}, or "
            "use runtime:=torch"
        )
    try:
        from x2c_imitation.x2cnet.runtime.onnx_runtime import OnnxRuntime
    except ModuleNotFoundError as error:
        raise NetworkError(
            f"runtime onnx needs {error.name}: {how_to_install(error.name or 'onnxruntime')}, "
            "or use runtime:=torch"
        ) from error
    made = OnnxRuntime(exported, device, threads)
    # Alone it is enough; beside weights it has to be made of them.
    if exported != path and path.is_file() and made.metadata.get(DIGEST_KEY) != digest(path):
        raise NetworkError(f"{exported} was made of other weights than {path}: {make} again")
    return made
