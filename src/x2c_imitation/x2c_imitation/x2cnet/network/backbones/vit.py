# SPDX-License-Identifier: Apache-2.0
"""ViT-B/16 (arXiv 2010.11929) without classifier, with transformers' parameter names."""

from __future__ import annotations

import torch
from torch import Tensor, nn

WIDTH = 768
PATCH = 16
"""Width and height of a patch [pixel]."""

_HEADS = 12
_LAYERS = 12
_HIDDEN = 3072
_EPSILON = 1e-12
_SPREAD = 0.02


def token_count(image_size: int) -> int:
    """Return the number of tokens of a square image: its whole patches, and one for all of it."""
    return (image_size // PATCH) ** 2 + 1


class _Patches(nn.Module):
    """Patches of an image as vectors."""

    def __init__(self) -> None:
        super().__init__()
        self.projection = nn.Conv2d(3, WIDTH, PATCH, PATCH)

    def forward(self, images: Tensor) -> Tensor:
        patches: Tensor = self.projection(images)
        return patches.flatten(2).mT


class _Embeddings(nn.Module):
    """Patches with their places, and a token for all of them."""

    def __init__(self, image_size: int) -> None:
        super().__init__()
        self.cls_token = nn.Parameter(torch.zeros(1, 1, WIDTH))
        places = torch.zeros(1, token_count(image_size), WIDTH)
        self.position_embeddings = nn.Parameter(places)
        self.patch_embeddings = _Patches()
        for parameter in (self.cls_token, self.position_embeddings):
            nn.init.normal_(parameter, std=_SPREAD)

    def forward(self, images: Tensor) -> Tensor:
        patches = self.patch_embeddings(images)
        first = self.cls_token.expand(patches.shape[0], -1, -1)
        return torch.cat([first, patches], dim=1) + self.position_embeddings


class _Projections(nn.Module):
    """Attention of each token to all of them."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(WIDTH, WIDTH) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        heads = (
            one(x).reshape(x.shape[0], -1, _HEADS, WIDTH // _HEADS).transpose(1, 2)
            for one in (self.query, self.key, self.value)
        )
        attended = nn.functional.scaled_dot_product_attention(*heads)
        return attended.transpose(1, 2).flatten(2)


class _Dense(nn.Module):
    """Linear layer under the name that it has in published weights."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.dense = nn.Linear(inputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.dense(x)
        return y


class _Attention(nn.Module):
    """Attention and the layer after it."""

    def __init__(self) -> None:
        super().__init__()
        self.attention, self.output = _Projections(), _Dense(WIDTH, WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.output(self.attention(x))
        return y


class _Layer(nn.Module):
    """Attention, then two layers for each token; a way around both."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = _Attention()
        self.intermediate, self.output = _Dense(WIDTH, _HIDDEN), _Dense(_HIDDEN, WIDTH)
        self.layernorm_before = nn.LayerNorm(WIDTH, eps=_EPSILON)
        self.layernorm_after = nn.LayerNorm(WIDTH, eps=_EPSILON)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attention(self.layernorm_before(x))
        hidden = nn.functional.gelu(self.intermediate(self.layernorm_after(x)))
        added: Tensor = self.output(hidden)
        return x + added


class _Encoder(nn.Module):
    """All layers in a row."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Sequential(*(_Layer() for _ in range(_LAYERS)))

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.layer(x)
        return y


class _VisionTransformer(nn.Module):
    """From images to tokens."""

    def __init__(self, image_size: int) -> None:
        super().__init__()
        self.embeddings, self.encoder = _Embeddings(image_size), _Encoder()
        self.layernorm = nn.LayerNorm(WIDTH, eps=_EPSILON)

    def forward(self, images: Tensor) -> Tensor:
        y: Tensor = self.layernorm(self.encoder(self.embeddings(images)))
        return y


def build_vit_b16(image_size: int) -> nn.Sequential:
    """Return a network from images (n, 3, size, size) to tokens (n, t, 768).

    Args:
        image_size: Width and height of the images [pixel].
    """
    network = nn.Sequential(_VisionTransformer(image_size))
    for module in network.modules():
        if isinstance(module, nn.Linear | nn.Conv2d):
            nn.init.normal_(module.weight, std=_SPREAD)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return network
