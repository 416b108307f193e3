# SPDX-License-Identifier: Apache-2.0
"""Convert LivePortrait's networks for processors."""

from __future__ import annotations

from typing import cast

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from x2c_imitation.x2cnet.liveportrait.networks.blocks import ConvBlock
from x2c_imitation.x2cnet.liveportrait.networks.generator import Generator
from x2c_imitation.x2cnet.liveportrait.networks.motion import ConvNextBlock, MotionExtractor
from x2c_imitation.x2cnet.liveportrait.networks.warping import WarpingModule
from x2c_imitation.x2cnet.liveportrait.processor.fourier import FourierConvolution
from x2c_imitation.x2cnet.liveportrait.processor.generator import ProcessorGenerator
from x2c_imitation.x2cnet.liveportrait.processor.motion import ProcessorBlock
from x2c_imitation.x2cnet.liveportrait.processor.winograd import faster

_LARGE = 3
"""Levels of the hourglass whose volumes are large; in small ones, reading the weights counts."""


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
    blocks = [network.third, *down, *decoder.up_blocks, decoder]
    large = [network.third, *down[:_LARGE], *decoder.up_blocks[-_LARGE:], decoder]
    for block in cast(list[ConvBlock], blocks):
        convolution, norm = cast(nn.Conv3d, block.conv), cast(nn.BatchNorm3d, block.norm)
        block.conv, block.norm = fuse_conv_bn_eval(convolution, norm), nn.Identity()
    for block in cast(list[ConvBlock], large):
        block.conv = faster(cast(nn.Conv3d, block.conv))
    dense.mask = FourierConvolution(cast(nn.Conv3d, dense.mask))


def _convert_motion(network: MotionExtractor) -> None:
    for stage in cast(list[nn.Sequential], list(network.detector.stages)):
        for number, block in enumerate(stage):
            stage[number] = ProcessorBlock(cast(ConvNextBlock, block))
