# SPDX-License-Identifier: Apache-2.0
"""Read tensors from the files of training libraries; nothing in a file is ever run."""

from __future__ import annotations

import pickle
import re
import warnings
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor
from torch.serialization import get_unsafe_globals_in_checkpoint, safe_globals

from x2c_core.files.entries import shown
from x2c_core.files.impostors import mistaken_content
from x2c_imitation.errors import NetworkError
from x2c_imitation.x2cnet.network.files import check_network_file, unreadable

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


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a safetensors file by key.

    Raises:
        NetworkError: The file cannot be read.
    """
    check_network_file(path)
    try:
        with safe_open(path, framework="pt") as file:
            return {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise NetworkError(unreadable(path, error)) from error


def read_checkpoint(path: Path) -> Mapping[Any, Any]:
    """Return the content of a torch checkpoint, which is never unpickled freely.

    Raises:
        NetworkError: The file cannot be read, holds more than weights, or is no mapping.
    """
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
    return content


def in_single_precision(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return tensors with 32 bits for each number.

    Raises:
        NetworkError: A tensor does not hold as many numbers as its shape says.
    """
    for key, value in weights.items():
        _check_storage(key, value)
    return {
        key: value.to(torch.float32) if value.is_floating_point() else value
        for key, value in weights.items()
    }


def check_finite(path: Path, weights: Mapping[str, Tensor]) -> None:
    """Refuse weights with NaN or infinity.

    Raises:
        NetworkError: There are such; the text names where.
    """
    bad = [key for key, value in weights.items() if not torch.isfinite(value).all()]
    if bad:
        raise NetworkError(
            f"{path}: weights must be finite, got NaN or infinity in {', '.join(bad[:3])}"
            f"{' …' if len(bad) > 3 else ''}; the training has gone astray"
        )


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


def _check_storage(key: str, value: Tensor) -> None:
    """Refuse a tensor that repeats a few numbers to any size, as soon as it is copied."""
    dense = value.layout is torch.strided and not (value.is_quantized or value.is_meta)
    if not dense or value.numel() * value.element_size() > value.untyped_storage().nbytes():
        raise NetworkError(
            f"{shown(key)} of the shape {tuple(value.shape)} does not hold as many numbers"
        )
