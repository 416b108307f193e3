# SPDX-License-Identifier: Apache-2.0
"""Backbones of mapping networks by name: the paper's, and smaller ones for small images."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from torch import nn

from x2c_imitation.errors import NetworkError
from x2c_imitation.x2cnet.network.backbones import efficientnet, resnet, vgg, vit


@dataclass(frozen=True)
class Backbone:
    """Convolutional or attention part of a mapping network.

    Attributes:
        build: Makes the network, with random weights, for images of a size [pixel].
        features: Number of features for images of a size [pixel].
        depths: Blocks of each stage, where it is a residual network.
    """

    build: Callable[[int], nn.Sequential]
    features: Callable[[int], int]
    depths: tuple[int, ...] = ()


def _residual(layout: resnet.ResNetLayout) -> Backbone:
    return Backbone(
        partial(_without_size, partial(resnet.build_backbone, layout)),
        partial(_constant, layout.features),
        depths=layout.depths,
    )


def _without_size(build: Callable[[], nn.Sequential], image_size: int) -> nn.Sequential:
    return build()


def _constant(features: int, image_size: int) -> int:
    return features


def _of_vgg(image_size: int) -> int:
    side: int = image_size // vgg.REDUCTION
    return vgg.CHANNELS * side * side


def _of_vit(image_size: int) -> int:
    return vit.token_count(image_size) * vit.WIDTH


BACKBONES: Mapping[str, Backbone] = {
    **{name: _residual(layout) for name, layout in resnet.RESNETS.items()},
    "vgg16": Backbone(partial(_without_size, vgg.build_vgg16), _of_vgg),
    "vit_b16": Backbone(vit.build_vit_b16, _of_vit),
    "efficientnet_b0": Backbone(
        partial(_without_size, efficientnet.build_efficientnet_b0),
        partial(_constant, efficientnet.FEATURES),
    ),
}
"""The backbones there are."""


def backbone_of(name: str) -> Backbone:
    """Return the backbone of a name.

    Raises:
        NetworkError: There is none of this name.
    """
    if name not in BACKBONES:
        raise NetworkError(f"unknown backbone {name!r}; the backbones are: {', '.join(BACKBONES)}")
    return BACKBONES[name]
