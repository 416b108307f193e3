# SPDX-License-Identifier: Apache-2.0
"""Check whether weights fit a network, and name the network that they resemble otherwise."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from torch import Tensor

from x2c_imitation.errors import NetworkError
from x2c_imitation.x2cnet.network.backbones.backbone import BACKBONES
from x2c_imitation.x2cnet.network.config import NetworkConfig
from x2c_imitation.x2cnet.network.without_values import without_values
from x2c_imitation.x2cnet.network.x2control import X2Control

Shape = tuple[int, ...]
Shapes = Mapping[str, Shape]

_LISTED = 5
"""So many keys are named of each list."""


@dataclass(frozen=True)
class _Mark:
    """Mark of a network of others.

    Attributes:
        name: Name of the network, and advice.
        key: One of its keys.
        shape: Shape of that key's tensor.
    """

    name: str
    key: str
    shape: Shape


_LIVEPORTRAIT = "LivePortrait's {}, which belongs to motion transfer and is no mapping network"
_MARKS = (
    _Mark(
        _LIVEPORTRAIT.format("appearance feature extractor"), "first.conv.weight", (64, 3, 3, 3)
    ),
    _Mark(
        _LIVEPORTRAIT.format("motion extractor"),
        "detector.downsample_layers.0.0.weight",
        (96, 3, 4, 4),
    ),
    _Mark(
        _LIVEPORTRAIT.format("warping module"),
        "dense_motion_network.hourglass.encoder.down_blocks.0.conv.weight",
        (64, 110, 3, 3, 3),
    ),
    _Mark(
        _LIVEPORTRAIT.format("SPADE generator"), "G_middle_0.conv_0.weight_orig", (512, 512, 3, 3)
    ),
    _Mark(_LIVEPORTRAIT.format("stitching network"), "mlp.0.weight", (128, 126)),
)
_TORCHVISION = re.compile(r"(conv1|bn1|layer[1-4]|fc)\.")


def check_layout(given: Shapes, expected: Shapes, name: str) -> None:
    """Refuse weights that do not fit a network.

    Args:
        given: Shape of each tensor, by key.
        expected: Likewise.
        name: Name of the expected network.

    Raises:
        NetworkError: Keys are missing or too many, or shapes are others; the text lists them.
    """
    missing = [key for key in expected if key not in given]
    extra = [key for key in given if key not in expected]
    others = [
        f"{key} is {list(given[key])}, expected {list(shape)}"
        for key, shape in expected.items()
        if key in given and given[key] != shape
    ]
    if not missing and not extra and not others:
        return
    said = [f"these weights do not fit {name}"]
    said += [
        f"{len(keys)} {what}: {_some(keys)}"
        for what, keys in (("missing", missing), ("unexpected", extra), ("of other shape", others))
        if keys
    ]
    looks = recognise(given)
    said.append(f"they look like {looks}" if looks else "they look like no network known here")
    raise NetworkError("; ".join(said))


def shapes(weights: Mapping[str, Tensor]) -> dict[str, Shape]:
    """Return the shape of each tensor, by key."""
    return {key: tuple(value.shape) for key, value in weights.items()}


def recognise(given: Shapes) -> str | None:
    """Return the name of the network that some weights resemble; None if unknown."""
    backbone = recognise_backbone(given)
    if backbone is not None:
        return f"X2Control with backbone {backbone}"
    bare = {key.removeprefix("module."): shape for key, shape in given.items()}
    for mark in _MARKS:
        if bare.get(mark.key) == mark.shape:
            return mark.name
    if "conv1.weight" in bare and all(_TORCHVISION.match(key) for key in bare):
        depths = _depths(bare)
        known = [name for name, plan in BACKBONES.items() if plan.depths == depths]
        kind = f" such as {' or '.join(known)}" if known else ""
        return (
            f"a classifier of torchvision's kind{kind}: features without the control values' "
            "head, to begin a training with"
        )
    if any(key.startswith(("feature_extractor.", "pos_pred_head.")) for key in bare):
        return _nearest(bare)
    return None


def recognise_backbone(given: Shapes) -> str | None:
    """Return the backbone whose X2Control has exactly these tensors; None where there is none."""
    for name in BACKBONES:
        if _layout(name) == dict(given):
            return name
    return None


def _nearest(given: Shapes) -> str:
    """Return which X2Control has most tensors in common with some weights."""
    alike = {
        name: sum(given.get(key) == shape for key, shape in _layout(name).items())
        / len({*_layout(name), *given})
        for name in BACKBONES
    }
    best = max(alike, key=lambda name: alike[name])
    return f"X2Control with backbone {best}, of which they share {alike[best]:.0%}"


@cache
def _layout(backbone: str) -> dict[str, Shape]:
    with without_values():
        network = X2Control(NetworkConfig(backbone=backbone))
    return shapes(network.state_dict())


def _depths(given: Shapes) -> Shape:
    blocks = [
        {key.split(".")[1] for key in given if key.startswith(f"layer{n}.")} for n in range(1, 5)
    ]
    return tuple(map(len, blocks))


def _some(keys: Iterable[str]) -> str:
    listed = list(keys)
    more = f", and {len(listed) - _LISTED} more" if len(listed) > _LISTED else ""
    return ", ".join(listed[:_LISTED]) + more
