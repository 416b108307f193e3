# SPDX-License-Identifier: Apache-2.0
"""Measure LivePortrait's networks for one image, as torch runs them and as processors do here.

    python -m x2c_imitation.x2cnet.liveportrait.bench [--rounds 5] [--json bench.json]

Weights are random: they make no difference to the time. Both take turns, so that whatever else
the machine does meanwhile slows both alike.
"""

from __future__ import annotations

import argparse
import copy
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from x2c_imitation.x2cnet.liveportrait.checkpoints import without_norms
from x2c_imitation.x2cnet.liveportrait.networks.appearance import CHANNELS, DEPTH, SIDE
from x2c_imitation.x2cnet.liveportrait.networks.generator import Generator
from x2c_imitation.x2cnet.liveportrait.networks.motion import KEYPOINTS, MotionExtractor
from x2c_imitation.x2cnet.liveportrait.networks.warping import WarpingModule
from x2c_imitation.x2cnet.liveportrait.processor.conversion import for_processor
from x2c_imitation.x2cnet.runtime.bench import Candidate, MeasuredTime, measure, report


def stages() -> dict[str, tuple[nn.Module, tuple[Tensor, ...]]]:
    """Return the networks that run for each image, with inputs, by name."""
    keypoints = torch.rand(2, 1, KEYPOINTS, 3) - 0.5
    volume = torch.randn(1, CHANNELS, DEPTH, SIDE, SIDE)
    return {
        "motion extractor": (MotionExtractor(), (torch.rand(1, 3, 256, 256),)),
        "warping module": (WarpingModule(), (volume, keypoints[0], keypoints[1])),
        "generator": (without_norms(Generator()), (torch.randn(1, 256, SIDE, SIDE),)),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="(default: %(default)s)")
    parser.add_argument("--json", type=Path, help="file for the figures")
    options = parser.parse_args(arguments)
    results: list[MeasuredTime] = []
    with torch.inference_mode():
        for name, (network, inputs) in stages().items():
            plain = network.requires_grad_(requires_grad=False).eval()
            ways = {"torch": plain, "for processors": for_processor(copy.deepcopy(plain))}
            for threads in sorted({1, len(os.sched_getaffinity(0))}):
                tried = [
                    Candidate(name, way, threads, _call(one, inputs)) for way, one in ways.items()
                ]
                results += measure(tried, options.rounds, warm_up=1)
    report(results, options.json)


def _call(network: nn.Module, inputs: tuple[Tensor, ...]) -> Callable[[], object]:
    return lambda: network(*inputs)


if __name__ == "__main__":
    main()
