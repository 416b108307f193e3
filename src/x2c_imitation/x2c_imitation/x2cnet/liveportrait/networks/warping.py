# SPDX-License-Identifier: Apache-2.0
"""Warping module: move the parts of a portrait's feature volume as its keypoints move."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from x2c_imitation.x2cnet.liveportrait.networks.appearance import CHANNELS, DEPTH
from x2c_imitation.x2cnet.liveportrait.networks.blocks import ConvBlock
from x2c_imitation.x2cnet.liveportrait.networks.motion import KEYPOINTS

_REDUCED = 4
"""Channels of the volume from which the motion field is found."""

_MOTIONS = KEYPOINTS + 1
"""Candidates for the motion of each voxel: with one of the keypoints, or none."""

_WIDTHS = (_MOTIONS * (1 + _REDUCED), 64, 128, 256, 512, 1024)
_DECODED = (512, 256, 128, 64, 32)
_SPREAD = 0.01
"""Variance of a keypoint's blob [half the volume's side, squared]."""

_LEAKY = 0.01
_OUTPUTS = 256


class _HourglassEncoder(nn.Module):
    """Volumes of ever smaller height and width; the depth stays."""

    def __init__(self) -> None:
        super().__init__()
        self.down_blocks = nn.ModuleList(
            ConvBlock(inputs, outputs, volume=True, after=nn.AvgPool3d((1, 2, 2)))
            for inputs, outputs in pairwise(_WIDTHS)
        )

    def forward(self, x: Tensor) -> list[Tensor]:
        levels = [x]
        for block in self.down_blocks:
            levels.append(block(levels[-1]))
        return levels


class _HourglassDecoder(nn.Module):
    """Back to the full size, joined at each level with the encoder's volume."""

    outputs = _DECODED[-1] + _WIDTHS[0]

    def __init__(self) -> None:
        super().__init__()
        self.up_blocks = nn.ModuleList()
        inputs = _WIDTHS[-1]
        for outputs, joined in zip(_DECODED, reversed(_WIDTHS[:-1]), strict=True):
            enlarge = nn.Upsample(scale_factor=(1.0, 2.0, 2.0))
            self.up_blocks.append(ConvBlock(inputs, outputs, volume=True, before=enlarge))
            inputs = outputs + joined
        self.conv = nn.Conv3d(inputs, inputs, 3, padding=1)
        self.norm = nn.BatchNorm3d(inputs)

    def forward(self, levels: list[Tensor]) -> Tensor:
        *joined, x = levels
        for block, level in zip(self.up_blocks, reversed(joined), strict=True):
            x = torch.cat([block(x), level], dim=1)
        activated: Tensor = self.norm(self.conv(x)).relu_()
        return activated


class _Hourglass(nn.Module):
    """Encoder and decoder of volumes."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder, self.decoder = _HourglassEncoder(), _HourglassDecoder()

    def forward(self, x: Tensor) -> Tensor:
        decoded: Tensor = self.decoder(self.encoder(x))
        return decoded


class _DenseMotion(nn.Module):
    """Motion of each voxel as a mixture of the keypoints' motions, and what is hidden."""

    def __init__(self) -> None:
        super().__init__()
        self.hourglass = _Hourglass()
        width = _HourglassDecoder.outputs
        self.mask: nn.Module = nn.Conv3d(width, _MOTIONS, 7, padding=3)
        self.compress = nn.Conv3d(CHANNELS, _REDUCED, 1)
        self.norm = nn.BatchNorm3d(_REDUCED)
        self.occlusion: nn.Module = nn.Conv2d(width * DEPTH, 1, 7, padding=3)

    def forward(self, volumes: Tensor, driving: Tensor, source: Tensor) -> tuple[Tensor, Tensor]:
        reduced = self.norm(self.compress(volumes)).relu()
        grid = coordinates(reduced)
        shifts = functional.pad(source - driving, (0, 0, 1, 0))
        blobs = functional.pad(
            _blobs(grid, driving) - _blobs(grid, source), (0, 0, 0, 0, 0, 0, 1, 0)
        )
        candidates = torch.cat([blobs[:, :, None], _moved(reduced, grid, shifts)], dim=2)
        x = self.hourglass(candidates.flatten(1, 2))
        shares = self.mask(x).softmax(dim=1)
        field = grid[:, 0] + torch.einsum("nkdhw,nkc->ndhwc", shares, shifts.to(shares))
        return field, self.occlusion(x.flatten(1, 2)).sigmoid()


class Warped(NamedTuple):
    """Result of the warping module.

    Attributes:
        occlusion: (n, 1, h, w) share of each pixel that the portrait shows.
        field: (n, 16, h, w, 3) place in the portrait's volume of each voxel, from -1 to 1.
        features: (n, 256, h, w) input of the generator.
    """

    occlusion: Tensor
    field: Tensor
    features: Tensor


class WarpingModule(nn.Module):
    """Features of a portrait whose keypoints have moved."""

    def __init__(self) -> None:
        super().__init__()
        self.dense_motion_network = _DenseMotion()
        self.third = ConvBlock(CHANNELS * DEPTH, _OUTPUTS, slope=_LEAKY)
        self.fourth = nn.Conv2d(_OUTPUTS, _OUTPUTS, 1)

    def forward(self, volumes: Tensor, driving: Tensor, source: Tensor) -> Warped:
        """Return the features of moved portraits.

        Args:
            volumes: (n, 32, 16, h, w) feature volumes of the portraits.
            driving: (n, 21, 3) keypoints to which the portraits' are moved.
            source: (n, 21, 3) keypoints of the portraits.
        """
        field, occlusion = self.dense_motion_network(volumes, driving, source)
        moved = functional.grid_sample(volumes, field, align_corners=False)
        features = self.fourth(self.third(moved.flatten(1, 2))) * occlusion
        return Warped(occlusion, field, features)


def coordinates(like: Tensor) -> Tensor:
    """Return x, y, z (1, 1, d, h, w, 3) of a volume's voxels, -1 at the first and 1 at the last.

    Args:
        like: (n, c, d, h, w) volume of that size, type and device.
    """
    axes = [
        torch.linspace(-1.0, 1.0, count, device=like.device, dtype=torch.float32)
        for count in like.shape[2:]
    ]
    z, y, x = torch.meshgrid(*axes, indexing="ij")
    return torch.stack([x, y, z], dim=-1)[None, None].to(like.dtype)


def _lines(grid: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the coordinates of a grid along x, y and z."""
    return grid[0, 0, 0, 0, :, 0], grid[0, 0, 0, :, 0, 1], grid[0, 0, :, 0, 0, 2]


def _moved(volumes: Tensor, grid: Tensor, shifts: Tensor) -> Tensor:
    """Return volumes (n, k, c, d, h, w) seen at the places of a grid, shifted by each of k.

    Args:
        volumes: (n, c, d, h, w); nothing is around them.
        grid: Coordinates of their voxels.
        shifts: (n, k, 3) along x, y and z.
    """
    # All voxels move alike, so what is interpolated in space is so along each axis by itself.
    x, y, z = (
        _interpolation(line, shifts[..., axis]).to(volumes)
        for axis, line in enumerate(_lines(grid))
    )
    count, channels, depth, height, width = volumes.shape
    found = volumes.reshape(count, 1, -1, width) @ x.mT
    found = y[:, :, None] @ found.view(count, -1, channels * depth, height, width)
    found = z[:, :, None] @ found.view(count, -1, channels, depth, height * width)
    return found.view(count, -1, channels, depth, height, width)


def _interpolation(line: Tensor, shifts: Tensor) -> Tensor:
    """Return matrices (n, k, m, m) from values on a line to those at its places, shifted.

    Args:
        line: (m,) coordinates of the values.
        shifts: (n, k) shifts of the places.
    """
    # Coordinates count from edge to edge of a volume, indices from the middle of the first voxel.
    places = ((line.float() + shifts.float()[..., None] + 1.0) * len(line) - 1.0) / 2.0
    indices = torch.arange(len(line), device=line.device)
    return (1.0 - (places[..., None] - indices).abs()).relu()


def _blobs(grid: Tensor, keypoints: Tensor) -> Tensor:
    """Return a blob around each keypoint (n, k, d, h, w), 1 in its middle."""
    # A Gaussian of three coordinates is the product of three Gaussians of one.
    along = [
        torch.exp((line - keypoints[..., axis, None]) ** 2 / (-2.0 * _SPREAD))
        for axis, line in enumerate(_lines(grid))
    ]
    return torch.einsum("nkx,nky,nkz->nkzyx", *along)
