# SPDX-License-Identifier: Apache-2.0
"""Read LivePortrait's networks from the published files."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import remove_spectral_norm

from x2c_imitation.errors import NetworkError
from x2c_imitation.x2cnet.liveportrait.networks.appearance import AppearanceExtractor
from x2c_imitation.x2cnet.liveportrait.networks.generator import Generator
from x2c_imitation.x2cnet.liveportrait.networks.motion import MotionExtractor
from x2c_imitation.x2cnet.liveportrait.networks.retargeting import (
    eye_network,
    lip_network,
    stitching_network,
)
from x2c_imitation.x2cnet.liveportrait.networks.warping import WarpingModule
from x2c_imitation.x2cnet.liveportrait.published import PortraitPart, required_path
from x2c_imitation.x2cnet.network.checkpoint_files import (
    check_finite,
    in_single_precision,
    read_checkpoint,
    read_tensors,
)
from x2c_imitation.x2cnet.network.checkpoint_forms import state_dict_in, unwrapped
from x2c_imitation.x2cnet.network.files import SAFETENSORS
from x2c_imitation.x2cnet.network.layouts import check_layout, shapes
from x2c_imitation.x2cnet.network.without_values import without_values

_NETWORKS: Mapping[PortraitPart, Callable[[], nn.Module]] = {
    PortraitPart.APPEARANCE: AppearanceExtractor,
    PortraitPart.MOTION: MotionExtractor,
    PortraitPart.WARPING: WarpingModule,
    PortraitPart.GENERATOR: Generator,
}
_SHIFTS: Mapping[str, Callable[[], nn.Module]] = {
    "retarget_shoulder": stitching_network,
    "retarget_eye": eye_network,
    "retarget_mouth": lip_network,
}
"""Networks of the stitching file, by the names of their entries."""

_COUNTER = "num_batches_tracked"


@dataclass(frozen=True)
class LivePortraitNetworks:
    """Networks of LivePortrait, in evaluation mode.

    Attributes:
        appearance: From the portrait to its feature volume.
        motion: From a face to its keypoints, expression and head pose.
        warping: From feature volume and keypoints to warped features.
        generator: From warped features to an image.
        stitching: From source and driving keypoints to shifts that keep the shoulders in place.
        eyes: From keypoints and eye ratios to shifts.
        lips: From keypoints and lip ratios to shifts.
    """

    appearance: nn.Module
    motion: nn.Module
    warping: nn.Module
    generator: nn.Module
    stitching: nn.Module
    eyes: nn.Module
    lips: nn.Module


def load_networks(folder: Path) -> LivePortraitNetworks:
    """Return the networks whose weights are in a folder.

    Args:
        folder: Folder with the five published files.

    Raises:
        NetworkError: A file is missing, cannot be read, or holds another network.
    """
    # All are looked for before the first is read.
    paths = {part: required_path(folder, part) for part in PortraitPart}
    stitching, eyes, lips = load_shifts(paths[PortraitPart.STITCHING])
    return LivePortraitNetworks(
        load_part(paths[PortraitPart.APPEARANCE], PortraitPart.APPEARANCE),
        load_part(paths[PortraitPart.MOTION], PortraitPart.MOTION),
        load_part(paths[PortraitPart.WARPING], PortraitPart.WARPING),
        load_part(paths[PortraitPart.GENERATOR], PortraitPart.GENERATOR),
        stitching,
        eyes,
        lips,
    )


def load_part(path: Path, part: PortraitPart) -> nn.Module:
    """Return one of the networks, but not those of the stitching file.

    Raises:
        NetworkError: The file cannot be read, or holds another network.
    """
    content: Mapping[Any, Any]
    content = read_tensors(path) if path.suffix == SAFETENSORS else read_checkpoint(path)
    name = f"LivePortrait's {part.value.replace('_', ' ')}"
    return without_norms(_filled(path, content, _NETWORKS[part], name))


def without_norms(network: nn.Module) -> nn.Module:
    """Return a network after its weights were divided by their norms, as in use they stay."""
    for module in network.modules():
        if hasattr(module, "weight_orig"):
            remove_spectral_norm(module)
    return network


def load_shifts(path: Path) -> tuple[nn.Module, nn.Module, nn.Module]:
    """Return the networks of the stitching file: for stitching, eyes and lips.

    Raises:
        NetworkError: The file cannot be read, or holds other networks.
    """
    content: Mapping[Any, Any]
    content = _grouped(read_tensors(path)) if path.suffix == SAFETENSORS else read_checkpoint(path)
    missing = [key for key in _SHIFTS if not isinstance(content.get(key), Mapping)]
    if missing:
        keys = ", ".join(map(str, list(content)[:3])) or "nothing"
        raise NetworkError(
            f"{path}: expected LivePortrait's stitching and retargeting networks, with the "
            f"entries {', '.join(_SHIFTS)}, got {keys}"
        )
    stitching, eyes, lips = (
        _filled(path, content[key], make, f"LivePortrait's network {key}")
        for key, make in _SHIFTS.items()
    )
    return stitching, eyes, lips


def _grouped(tensors: Mapping[str, Tensor]) -> dict[str, dict[str, Tensor]]:
    """Return flat keys, as in safetensors, by the entry of the original file."""
    groups: dict[str, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        for name in _SHIFTS:
            if match := re.fullmatch(rf"{name}[._](.+)", key):
                groups.setdefault(name, {})[match[1]] = value
    return groups


def _filled(
    path: Path, content: Mapping[Any, Any], make: Callable[[], nn.Module], name: str
) -> nn.Module:
    """Return a network in evaluation mode with the weights of a state dict."""
    with without_values():
        network = make()
    expected = network.state_dict()
    try:
        weights = in_single_precision(unwrapped(state_dict_in(content)))
        for key, value in expected.items():
            # Converters leave out how often a norm has been trained.
            if key.endswith(_COUNTER) and key not in weights:
                weights[key] = torch.zeros(value.shape, dtype=value.dtype)
        check_layout(shapes(weights), shapes(expected), name)
    except NetworkError as error:
        raise NetworkError(f"{path}: {error}") from error
    check_finite(path, weights)
    network.load_state_dict(weights, assign=True)
    return network.requires_grad_(requires_grad=False).eval()
