# SPDX-License-Identifier: Apache-2.0
"""A training's state on the disk: whole or not at all, and read without running anything."""

from __future__ import annotations

import os
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from x2c_imitation.errors import NetworkError
from x2c_imitation.x2cnet.network.files import check_network_file
from x2c_training.errors import CheckpointError

FILE = "checkpoint.pt"


def save(path: Path, state: dict[str, Any]) -> None:
    """Write a state; the earlier one stays until the new one is on the disk.

    Raises:
        CheckpointError: It cannot be written.
    """
    partial = path.with_name(path.name + ".part")
    try:
        with partial.open("wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except (OSError, RuntimeError) as error:
        partial.unlink(missing_ok=True)
        raise CheckpointError(
            f"cannot write the checkpoint {path}: {error}; the earlier one is kept"
        ) from error


def load(path: Path) -> dict[str, Any] | None:
    """Return the state that was saved, or None where there is none.

    Raises:
        CheckpointError: The file is damaged, or not of our making.
    """
    if not path.exists():
        return None
    try:
        check_network_file(path)
    except NetworkError as error:
        raise CheckpointError(str(error)) from error
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, ValueError, EOFError, pickle.UnpicklingError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise CheckpointError(
            f"{path} cannot be read as a checkpoint ({reason}); start afresh with --fresh, or "
            "choose another folder"
        ) from error
    if not isinstance(state, dict) or "step" not in state:
        raise CheckpointError(f"{path} is no checkpoint of a training; choose another folder")
    return state


def differences(one: object, other: object, path: str = "") -> str:
    """Return in which entries two nested mappings differ, in words."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        keys = dict.fromkeys([*one, *other])
        parts = (differences(one.get(k), other.get(k), f"{path}.{k}".strip(".")) for k in keys)
        return ", ".join(part for part in parts if part)
    return "" if one == other else f"{path}: {one!r} instead of {other!r}"
