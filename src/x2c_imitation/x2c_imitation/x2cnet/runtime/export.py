# SPDX-License-Identifier: Apache-2.0
"""Write a network as ONNX, with all that is done to an image before it."""

from __future__ import annotations

import contextlib
import copy
import logging
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from x2c_imitation.errors import NetworkError
from x2c_imitation.x2cnet.landmark_motion import MOTION_COUNT, Motions
from x2c_imitation.x2cnet.network.config import NetworkConfig
from x2c_imitation.x2cnet.network.files import CONFIG_KEY, DIGEST_KEY, digest
from x2c_imitation.x2cnet.network.weights import load_network
from x2c_imitation.x2cnet.network.x2control import Normalizer, X2Control
from x2c_imitation.x2cnet.runtime.onnx_runtime import INPUT, MOTION, OUTPUT, OnnxRuntime
from x2c_imitation.x2cnet.runtime.predictor import Predictor
from x2c_imitation.x2cnet.runtime.torch_runtime import TorchRuntime

TOLERANCE = 1e-4
"""By how much outputs of the two may differ [ratio or rad]."""
_BATCHES = (1, 3)
"""Sizes of the batches on which they are compared."""


class _Whole(nn.Module):
    """From images (n, size, size, 3), uint8 RGB, and maybe motion, to control values (n, 30)."""

    def __init__(self, network: X2Control, config: NetworkConfig) -> None:
        super().__init__()
        self.normalizer = Normalizer(config)
        self.network = network

    def forward(self, images: Tensor, motion: Tensor | None = None) -> Tensor:
        return torch.as_tensor(self.network(self.normalizer(images), motion))


def export_weights(weights: Path, path: Path, config: NetworkConfig | None = None) -> float:
    """Write the network in a file of weights as ONNX; the arguments are `load_network`'s.

    The ONNX file holds the fingerprint of its weights, so that an outdated one is noticed.

    Returns:
        The largest difference between the outputs of both [ratio or rad].

    Raises:
        NetworkError: The weights cannot be used, or the outputs differ.
    """
    network, config = load_network(weights, config)
    return export_onnx(network, config, path, {DIGEST_KEY: digest(weights)})


def export_onnx(
    network: X2Control,
    config: NetworkConfig,
    path: Path,
    metadata: Mapping[str, str] | None = None,
) -> float:
    """Write a network as ONNX and compare its outputs with torch's.

    The file takes images (n, size, size, 3), uint8 RGB, any n, and holds its configuration. A
    network with landmarks also takes their motion (n, MOTION_COUNT).

    Args:
        network: Network to write.
        config: Configuration of the network.
        path: File to write; an earlier one is replaced once the outputs agree.
        metadata: More to keep.

    Returns:
        The largest difference between the outputs of both [ratio or rad].

    Raises:
        NetworkError: The file cannot be written, or the outputs differ.
    """
    import onnx

    if not path.parent.is_dir():
        raise NetworkError(f"cannot write {path}: there is no folder {path.parent}")
    size = config.image_size
    # What is exported stays on its device, in its mode, for a training that goes on.
    network = copy.deepcopy(network).cpu()
    whole = _Whole(network, config).eval()
    examples = [torch.zeros((2, size, size, 3), dtype=torch.uint8)]
    names = [INPUT]
    if config.landmarks:
        examples.append(torch.zeros((2, MOTION_COUNT)))
        names.append(MOTION)
    any_count = {0: torch.export.Dim("n")}
    with _quietly():
        program = torch.onnx.export(
            whole,
            tuple(examples),
            dynamo=True,
            input_names=names,
            output_names=[OUTPUT],
            dynamic_shapes=(any_count,) * len(examples),
            verbose=False,
        )
    if program is None:
        raise NetworkError("torch made no ONNX program of the network")
    model = program.model_proto
    _forget_traces(model)
    content = {**(metadata or {}), CONFIG_KEY: config.as_json()}
    onnx.helper.set_model_props(model, content)
    partial = path.with_name(path.name + ".part")
    try:
        partial.write_bytes(model.SerializeToString())
        difference = _difference(network, config, partial)
        if not difference <= TOLERANCE:
            partial.unlink()
            raise NetworkError(
                f"{path} is not written: its outputs differ from torch's by {difference:.2g}, "
                f"more than {TOLERANCE:.0e}"
            )
        partial.replace(path)
    except OSError as error:
        raise NetworkError(f"cannot write {path}: {error.strerror}") from error
    return difference


def _forget_traces(model: Any) -> None:
    """Take out of an ONNX model which lines of whose files made each of its nodes."""
    for one in (*model.graph.node, *model.graph.value_info, *model.graph.initializer):
        del one.metadata_props[:]
        one.doc_string = ""


def _difference(network: X2Control, config: NetworkConfig, exported: Path) -> float:
    ours = Predictor(TorchRuntime(network, config, "cpu", torch.get_num_threads()))
    theirs = Predictor(OnnxRuntime(exported, "cpu", 1))
    return max(
        float(np.abs(ours.read(*given) - theirs.read(*given)).max())
        for given in ((_images(n, config.image_size), _motion(n)) for n in _BATCHES)
    )


def _images(count: int, size: int) -> NDArray[np.uint8]:
    shape = (count, size, size, 3)
    return np.random.default_rng(count).integers(0, 256, shape, dtype=np.uint8)


def _motion(count: int) -> Motions:
    numbers = np.random.default_rng(count).normal(0.0, 0.1, (count, MOTION_COUNT))
    return numbers.astype(np.float32)


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Keep the exporter from telling of libraries that are not needed."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
