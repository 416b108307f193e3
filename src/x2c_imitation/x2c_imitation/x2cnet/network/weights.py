# SPDX-License-Identifier: Apache-2.0
"""Read and write a network's weights; nothing in a file is ever run."""

from __future__ import annotations

import dataclasses
import pickle
import re
import warnings
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor
from torch.serialization import get_unsafe_globals_in_checkpoint, safe_globals

from x2c_core.files.entries import shown
from x2c_core.files.impostors import mistaken_content
from x2c_imitation.errors import NetworkError
from x2c_imitation.x2cnet.network.checkpoint_forms import state_dict_in, unwrapped
from x2c_imitation.x2cnet.network.config import NetworkConfig
from x2c_imitation.x2cnet.network.files import (
    CONFIG_KEY,
    SAFETENSORS,
    check_network_file,
    read_metadata,
    unreadable,
)
from x2c_imitation.x2cnet.network.layouts import check_layout, recognise_backbone
from x2c_imitation.x2cnet.network.x2control import X2Control, build_network

_FORMAT = {"format": "pt"}
_REFUSED_NAME = re.compile(r"GLOBAL (\w+\.[\w.]*\w)")
"""Text in torch's error with the name of a refused function."""


_SETTINGS = re.compile(
    r"omegaconf\..*|argparse\.Namespace|types\.SimpleNamespace|typing\.Any|yacs\.config\.CfgNode"
    r"|collections\.defaultdict|easydict\.EasyDict|pathlib\.\w+|pathlib\._local\.\w+"
    r"|(pytorch_lightning|lightning\.pytorch|lightning\.fabric)\..*\.AttributeDict"
    r"|numpy\.(_core|core)\.multiarray\.(scalar|_reconstruct)|numpy\.(dtype|ndarray)"
    r"|numpy\.dtypes\.\w+|_codecs\.encode"
    r"|builtins\.(dict|list|tuple|str|int|float|bool)"
)
"""Names in a checkpoint that belong to the settings and figures of a training."""


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
        backbone = recognise_backbone(_shapes(weights)) or config.backbone
        config = dataclasses.replace(config, backbone=backbone)
    try:
        network = build_network(config)
        check_layout(_shapes(weights), _shapes(network.state_dict()), config.backbone)
    except NetworkError as error:
        raise NetworkError(f"{path}: {error}") from error
    bad = [key for key, value in weights.items() if not torch.isfinite(value).all()]
    if bad:
        raise NetworkError(
            f"{path}: weights must be finite, got NaN or infinity in {', '.join(bad[:3])}"
            f"{' …' if len(bad) > 3 else ''}; the training has gone astray"
        )
    network.load_state_dict(weights)
    return network.eval(), config


def _read(path: Path) -> tuple[dict[str, Tensor], NetworkConfig | None]:
    if path.suffix == SAFETENSORS:
        return _read_safetensors(path)
    return _read_checkpoint(path)


def _read_safetensors(path: Path) -> tuple[dict[str, Tensor], NetworkConfig | None]:
    text = read_metadata(path).get(CONFIG_KEY)
    try:
        config = None if text is None else NetworkConfig.from_json(text)
        with safe_open(path, framework="pt") as file:
            weights = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise NetworkError(unreadable(path, error)) from error
    except NetworkError as error:
        raise NetworkError(f"{path}: {CONFIG_KEY} in its metadata: {error}") from error
    try:
        return _state_dict(weights), config
    except NetworkError as error:
        raise NetworkError(f"{path}: {error}") from error


def _read_checkpoint(path: Path) -> tuple[dict[str, Tensor], NetworkConfig | None]:
    check_network_file(path)
    try:
        with warnings.catch_warnings(), safe_globals(_stand_ins(path)):
            warnings.simplefilter("ignore")
            content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        if mistaken_content(path):
            raise NetworkError(unreadable(path, error)) from error
        # torch's own text recommends to read the file all the same.
        name = _REFUSED_NAME.search(str(error))
        what = f", such as {name[1]}" if name else ""
        raise NetworkError(
            f"{path} is refused: it holds more than weights{what}, and reading it could "
            "execute code of its author. Ask for the state dict alone, best as safetensors"
        ) from error
    except Exception as error:
        # What torch raises for a broken file depends on where it is broken.
        raise NetworkError(unreadable(path, error)) from error
    if not isinstance(content, Mapping):
        raise NetworkError(
            f"{path}: expected a state dict, or a dict with one as 'model', got "
            f"{type(content).__name__}"
        )
    own = content.get(CONFIG_KEY)
    try:
        config = None if own is None else NetworkConfig.from_dict(own)
    except NetworkError as error:
        raise NetworkError(f"{path}: its {CONFIG_KEY}: {error}") from error
    try:
        return _state_dict(state_dict_in(content)), config
    except NetworkError as error:
        raise NetworkError(f"{path}: {error}") from error


class _Settings:
    """Take the place of the training's settings and figures, which checkpoints hold too.

    They are objects of a library that need not be there; nothing of it is run.
    """

    def __new__(cls, *arguments: object, **named: object) -> Self:
        return super().__new__(cls)

    def __setstate__(self, state: object) -> None:
        """Forget the state."""


def _stand_ins(path: Path) -> list[Callable[..., Any] | tuple[Callable[..., Any], str]]:
    """Return what stands for each name in a checkpoint that belongs to settings."""
    if not zipfile.is_zipfile(path):
        return []
    names = get_unsafe_globals_in_checkpoint(path)
    return [(_Settings, name) for name in names if _SETTINGS.fullmatch(name)]


def _state_dict(content: Mapping[Any, Any]) -> dict[str, Tensor]:
    weights = unwrapped(content)
    for key, value in weights.items():
        _check_storage(key, value)
    return {
        key: value.to(torch.float32) if value.is_floating_point() else value
        for key, value in weights.items()
    }


def _check_storage(key: str, value: Tensor) -> None:
    """Refuse a tensor that repeats a few numbers to any size, as soon as it is copied."""
    dense = value.layout is torch.strided and not value.is_quantized
    if not dense or value.numel() * value.element_size() > value.untyped_storage().nbytes():
        raise NetworkError(
            f"{shown(key)} of the shape {tuple(value.shape)} does not hold as many numbers"
        )


def _shapes(weights: Mapping[str, Tensor]) -> dict[str, tuple[int, ...]]:
    return {key: tuple(value.shape) for key, value in weights.items()}
