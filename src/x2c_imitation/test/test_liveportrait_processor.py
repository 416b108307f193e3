# SPDX-License-Identifier: Apache-2.0
"""Convolutions for processors: the outputs are those of torch's own."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="torch is not installed: it makes and reads networks")

import torch
from torch import nn
from torch.nn import functional

from x2c_imitation.x2cnet.liveportrait.networks.warping import _moved, coordinates
from x2c_imitation.x2cnet.liveportrait.processor import packed_convolution, winograd
from x2c_imitation.x2cnet.liveportrait.processor.enlarged import (
    EnlargedConvolution,
    EnlargedVolumeConvolution,
)
from x2c_imitation.x2cnet.liveportrait.processor.fourier import FourierConvolution
from x2c_imitation.x2cnet.liveportrait.processor.packed_convolution import PackedConvolution
from x2c_imitation.x2cnet.liveportrait.processor.summed import SummedConvolution
from x2c_imitation.x2cnet.liveportrait.processor.winograd import WinogradConvolution
from x2c_testing.tensors import assert_close


@pytest.fixture(autouse=True)
def same_numbers():
    with torch.random.fork_rng(), torch.inference_mode():
        torch.manual_seed(3)
        yield


def close(found, expected):
    assert_close(found, expected, atol=1e-4 * float(expected.std()), rtol=0.0)


@pytest.mark.parametrize("size", [(1, 1), (8, 4), (7, 18), (33, 5)])
@pytest.mark.parametrize("count", [1, 2])
def test_winograds_filters_of_images(size, count):
    convolution = nn.Conv2d(5, 7, 3, padding=1)
    images = torch.randn(count, 5, *size)
    close(WinogradConvolution.like(convolution)(images), convolution(images))


@pytest.mark.parametrize("at_once", [1, 1 << 22])
def test_winograds_filters_of_volumes(at_once, monkeypatch):
    monkeypatch.setattr(winograd, "_AT_ONCE", at_once)
    convolution = nn.Conv3d(5, 7, 3, padding=1, bias=False)
    volumes = torch.randn(2, 5, 3, 9, 14)
    close(WinogradConvolution.like(convolution)(volumes), convolution(volumes))


@pytest.mark.parametrize("size", [(4, 9, 21), (1, 16, 16), (3, 40, 7)])
def test_filters_of_many_taps(size):
    convolution = nn.Conv3d(4, 3, 7, padding=3)
    volumes = torch.randn(2, 4, *size)
    close(FourierConvolution(convolution, size[0])(volumes), convolution(volumes))


@pytest.mark.parametrize("factor", [1, 2, 4])
def test_filters_of_an_enlarged_image(factor):
    convolution = nn.Conv2d(6, 8, 3, padding=1)
    images = torch.randn(2, 6, 5, 9)
    expected = convolution(functional.interpolate(images, scale_factor=float(factor))).relu()
    close(EnlargedConvolution(convolution, factor)(images), expected)


@pytest.mark.parametrize("size", [(4, 5, 9), (1, 1, 1), (2, 16, 3)])
def test_filters_of_an_enlarged_volume(size):
    convolution = nn.Conv3d(6, 8, 3, padding=1)
    volumes = torch.randn(2, 6, *size)
    enlarged = functional.interpolate(volumes, scale_factor=(1.0, 2.0, 2.0))
    found = EnlargedVolumeConvolution(convolution, (4, 5, 9))(volumes)
    close(found, convolution(enlarged).relu())


@pytest.mark.parametrize("taps", [1, 3, 7])
def test_filters_with_few_outputs(taps):
    convolution = nn.Conv2d(6, 2, taps, padding=taps // 2)
    images = torch.randn(2, 6, 8, 5)
    close(SummedConvolution(convolution)(images), convolution(images))


@pytest.mark.parametrize("packs", [True, False])
def test_filters_whose_weights_are_laid_out_once(packs, monkeypatch):
    if not packs:
        monkeypatch.setattr(packed_convolution, "_CAN_PACK", False)
    convolution = nn.Conv3d(6, 8, 3, padding=1)
    volumes = torch.randn(2, 6, 4, 9, 5)
    found = PackedConvolution(convolution.weight, convolution.bias, (4, 5, 9))
    close(found(volumes), convolution(volumes).relu())


def test_a_volume_moves_as_one_that_is_sampled_at_each_voxel():
    volumes = torch.randn(2, 3, 4, 9, 7)
    grid = coordinates(volumes)
    shifts = torch.randn(2, 5, 3)
    places = (grid + shifts[:, :, None, None, None]).flatten(0, 1)
    repeated = volumes.repeat_interleave(5, dim=0)
    expected = functional.grid_sample(repeated, places, align_corners=False)
    close(_moved(volumes, grid, shifts).flatten(0, 1), expected)
