# SPDX-License-Identifier: Apache-2.0
"""Convert LivePortrait's networks for processors."""

from __future__ import annotations

from typing import cast

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from x2c_imitation.x2cnet.liveportrait.networks.appearance import DEPTH, SIDE
from x2c_imitation.x2cnet.liveportrait.networks.blocks import ConvBlock
from x2c_imitation.x2cnet.liveportrait.networks.generator import Generator
from x2c_imitation.x2cnet.liveportrait.networks.motion import ConvNextBlock, MotionExtractor
from x2c_imitation.x2cnet.liveportrait.networks.warping import WarpingModule
from x2c_imitation.x2cnet.liveportrait.processor.channel_order import (
    ChannelsFirst,
    ChannelsLast,
)
from x2c_imitation.x2cnet.liveportrait.processor.enlarged import EnlargedVolumeConvolution
from x2c_imitation.x2cnet.liveportrait.processor.fourier import FourierConvolution
from x2c_imitation.x2cnet.liveportrait.processor.generator import ProcessorGenerator
from x2c_imitation.x2cnet.liveportrait.processor.motion import ProcessorBlock
from x2c_imitation.x2cnet.liveportrait.processor.packed_convolution import PackedConvolution
from x2c_imitation.x2cnet.liveportrait.processor.summed import SummedConvolution
from x2c_imitation.x2cnet.liveportrait.processor.winograd import WinogradConvolution, bias_of


def for_processor(network: nn.Module) -> nn.Module:
    """Return a network in evaluation mode, fit for a processor; the given one is used up.

    Outputs differ by rounding. Networks for which nothing is known are returned as they are.
    """
    if isinstance(network, Generator):
        return ProcessorGenerator(network)
    if isinstance(network, WarpingModule):
        _convert_warping(network)
    if isinstance(network, MotionExtractor):
        _convert_motion(network)
    return network


def _convert_warping(network: WarpingModule) -> None:
    dense = network.dense_motion_network
    down, decoder = dense.hourglass.encoder.down_blocks, dense.hourglass.decoder
    up = decoder.up_blocks
    for block in cast(list[ConvBlock], [network.third, *down, *up, decoder]):
        convolution, norm = cast(nn.Conv3d, block.conv), cast(nn.BatchNorm3d, block.norm)
        block.conv, block.norm = fuse_conv_bn_eval(convolution, norm), nn.Identity()
    for block in cast(list[ConvBlock], [network.third, decoder]):
        block.conv = WinogradConvolution.like(cast(nn.Conv3d, block.conv))
    for level, block in enumerate(cast(list[ConvBlock], list(down))):
        convolution = cast(nn.Conv3d, block.conv)
        block.conv = PackedConvolution(convolution.weight, bias_of(convolution), _size(level))
        block.activation = nn.Identity()
    for level, block in zip(range(len(up), 0, -1), cast(list[ConvBlock], list(up)), strict=True):
        block.conv = EnlargedVolumeConvolution(cast(nn.Conv3d, block.conv), _size(level))
        block.before = block.activation = nn.Identity()
    around = nn.Sequential(ChannelsLast(), dense.hourglass, ChannelsFirst())
    dense.register_module("hourglass", around)
    dense.mask = FourierConvolution(cast(nn.Conv3d, dense.mask), DEPTH)
    dense.occlusion = SummedConvolution(cast(nn.Conv2d, dense.occlusion))


def _convert_motion(network: MotionExtractor) -> None:
    for stage in cast(list[nn.Sequential], list(network.detector.stages)):
        for number, block in enumerate(stage):
            stage[number] = ProcessorBlock(cast(ConvNextBlock, block))


def _size(level: int) -> tuple[int, int, int]:
    """Return depth, height and width of volumes at a level of the hourglass."""
    return DEPTH, SIDE >> level, SIDE >> level
