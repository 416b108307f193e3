# SPDX-License-Identifier: Apache-2.0
"""Read and write a network's weights; nothing in a file is ever run."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor

from x2c_imitation.errors import NetworkError
from x2c_imitation.x2cnet.network.checkpoint_files import (
    check_finite,
    in_single_precision,
    read_checkpoint,
    read_tensors,
)
from x2c_imitation.x2cnet.network.checkpoint_forms import state_dict_in, unwrapped
from x2c_imitation.x2cnet.network.config import NetworkConfig
from x2c_imitation.x2cnet.network.files import CONFIG_KEY, SAFETENSORS, read_metadata
from x2c_imitation.x2cnet.network.layouts import check_layout, recognise_backbone, shapes
from x2c_imitation.x2cnet.network.x2control import X2Control, build_network

_FORMAT = {"format": "pt"}


def save_network(
    path: Path,
    network: X2Control,
    config: NetworkConfig,
    metadata: Mapping[str, str] | None = None,
    *,
    half: bool = False,
) -> None:
    """Write a network as safetensors, its configuration in the file's metadata.

    Args:
        path: File to write; an earlier one is replaced.
        network: Network that has the weights.
        config: Configuration of the network.
        metadata: More to keep, such as who trained it on what.
        half: Write numbers with 16 bits, for half the size; what is read again has 32.

    Raises:
        NetworkError: The file cannot be written.
    """
    kind = torch.float16 if half else torch.float32
    weights = {
        key: (value.to(kind) if value.is_floating_point() else value).detach().cpu().contiguous()
        for key, value in network.state_dict().items()
    }
    content = {**_FORMAT, **(metadata or {}), CONFIG_KEY: config.as_json()}
    partial = path.with_name(path.name + ".part")
    try:
        # Not by `save_file`, whose files other users cannot read.
        partial.write_bytes(save(weights, metadata=content))
        partial.replace(path)
    except OSError as error:
        raise NetworkError(f"cannot write {path}: {error.strerror}") from error


def load_network(
    path: Path, config: NetworkConfig | None = None
) -> tuple[X2Control, NetworkConfig]:
    """Return the network in a file, in evaluation mode, and its configuration.

    Reads safetensors and torch's checkpoints: a state dict, or a dict that holds one, as X2C's
    published networks and common training libraries write it. A checkpoint is never unpickled
    freely.

    Args:
        path: Path of the file.
        config: Configuration of the network; needed only if the file does not hold it. The
            backbone is that of the file.

    Raises:
        NetworkError: The file cannot be read, holds no such network, or does not hold its
            configuration while none is given.
    """
    weights, own = _read(path)
    config = own or config
    if config is None:
        raise NetworkError(
            f"{path} does not state which images it was trained on (size, colour order, "
            "normalisation, unit of angles): convert it with './x2c export-network "
            f"{path.name} --preset x2c', or --preset vividface, whichever it is"
        )
    if own is None:
        backbone = recognise_backbone(shapes(weights)) or config.backbone
        config = dataclasses.replace(config, backbone=backbone)
    try:
        network = build_network(config)
        name = f"X2Control with backbone {config.backbone}"
        check_layout(shapes(weights), shapes(network.state_dict()), name)
    except NetworkError as error:
        raise NetworkError(f"{path}: {error}") from error
    check_finite(path, weights)
    network.load_state_dict(weights)
    return network.eval(), config


def _read(path: Path) -> tuple[dict[str, Tensor], NetworkConfig | None]:
    if path.suffix == SAFETENSORS:
        return _read_safetensors(path)
    return _read_checkpoint(path)


def _read_safetensors(path: Path) -> tuple[dict[str, Tensor], NetworkConfig | None]:
    text = read_metadata(path).get(CONFIG_KEY)
    weights = read_tensors(path)
    try:
        config = None if text is None else NetworkConfig.from_json(text)
    except NetworkError as error:
        raise NetworkError(f"{path}: {CONFIG_KEY} in its metadata: {error}") from error
    try:
        return in_single_precision(unwrapped(weights)), config
    except NetworkError as error:
        raise NetworkError(f"{path}: {error}") from error


def _read_checkpoint(path: Path) -> tuple[dict[str, Tensor], NetworkConfig | None]:
    content = read_checkpoint(path)
    own = content.get(CONFIG_KEY)
    try:
        config = None if own is None else NetworkConfig.from_dict(own)
    except NetworkError as error:
        raise NetworkError(f"{path}: its {CONFIG_KEY}: {error}") from error
    try:
        return in_single_precision(unwrapped(state_dict_in(content))), config
    except NetworkError as error:
        raise NetworkError(f"{path}: {error}") from error
