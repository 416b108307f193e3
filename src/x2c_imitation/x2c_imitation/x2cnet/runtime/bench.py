# SPDX-License-Identifier: Apache-2.0
"""Measure how long networks take for one image, all in one run, and compare them with torch.

    python -m x2c_imitation.x2cnet.runtime.bench [--network x2cnet.safetensors] [--json bench.json]

The yardstick is the paper's ResNet-18 at 224x224, run by torch as it is. Weights are random but
for --network: they make no difference to the time. Candidates take turns, so that whatever else
the machine does meanwhile slows all of them alike.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import platform
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from x2c_core.arrays import ImageBatch
from x2c_core.terminal.tables import folded
from x2c_imitation.x2cnet.landmark_motion import MOTION_COUNT, Motions
from x2c_imitation.x2cnet.network.config import Device, NetworkConfig
from x2c_imitation.x2cnet.network.weights import load_network
from x2c_imitation.x2cnet.network.x2control import X2Control, build_network
from x2c_imitation.x2cnet.runtime.export import export_onnx
from x2c_imitation.x2cnet.runtime.onnx_runtime import OnnxRuntime
from x2c_imitation.x2cnet.runtime.quantize import quantize_onnx
from x2c_imitation.x2cnet.runtime.runtime import Runtime
from x2c_imitation.x2cnet.runtime.torch_runtime import TorchRuntime

_NETWORKS = (
    ("resnet18", 224),
    ("resnet18", 128),
    ("resnet18_half", 128),
    ("resnet18_quarter", 128),
    ("resnet10_half", 112),
)
_CALIBRATION = 8
_WARM_UP = 5
_WIDTH = 100


class _Bfloat16(TorchRuntime):
    """Run a network with 16-bit numbers where torch finds it safe."""

    def infer(self, images: ImageBatch, motion: Motions | None = None) -> NDArray[np.float32]:
        with torch.autocast("cpu", torch.bfloat16):
            return super().infer(images, motion)


@dataclass(frozen=True)
class Candidate:
    """One way to run one network.

    Attributes:
        network: Its name.
        way: Runtime to measure.
        threads: Processor cores it may use.
        run: Runs it once.
    """

    network: str
    way: str
    threads: int
    run: Callable[[], object]


@dataclass(frozen=True)
class MeasuredTime:
    """Time that a candidate took.

    Attributes:
        network: Its name.
        way: Runtime measured.
        threads: Processor cores it may use.
        median: Time for an image [ms].
        ratio: Speed relative to the first candidate with as many threads.
    """

    network: str
    way: str
    threads: int
    median: float
    ratio: float


def candidates(
    name: str, network: X2Control, config: NetworkConfig, threads: int, folder: Path
) -> list[Candidate]:
    """Return every way to run a network; its ONNX files are written to a folder."""
    size = config.image_size
    image = np.random.default_rng(0).integers(0, 256, (1, size, size, 3), dtype=np.uint8)
    exported = folder / f"{name}.onnx"
    small = exported.with_suffix(".int8.onnx")
    if not exported.exists():
        export_onnx(network, config, exported)
        quantize_onnx(exported, np.repeat(image, _CALIBRATION, axis=0), small)
    ways: Mapping[str, Runtime] = {
        "torch": TorchRuntime(network, config, Device.CPU, threads),
        "torch bfloat16": _Bfloat16(network, config, Device.CPU, threads),
        "ONNX Runtime": OnnxRuntime(exported, Device.CPU, threads),
        "ONNX Runtime int8": OnnxRuntime(small, Device.CPU, threads),
    }
    motion = np.zeros((1, MOTION_COUNT), np.float32) if config.landmarks else None
    return [
        Candidate(name, way, threads, lambda runtime=runtime: runtime.infer(image, motion))  # type: ignore[misc]
        for way, runtime in ways.items()
    ]


def measure(
    tried: Sequence[Candidate], rounds: int, warm_up: int = _WARM_UP
) -> list[MeasuredTime]:
    """Return how long each candidate takes; the first is what the others are compared with."""
    torch.set_num_threads(tried[0].threads)
    for candidate in tried:
        for _ in range(warm_up):
            candidate.run()
    times: list[list[float]] = [[] for _ in tried]
    for _ in track(range(rounds), f"Measuring with {tried[0].threads} threads", transient=True):
        for candidate, taken in zip(tried, times, strict=True):
            # Once to have its weights at hand again, once to be measured: as in a row of frames.
            candidate.run()
            began = time.perf_counter()
            candidate.run()
            taken.append(1e3 * (time.perf_counter() - began))
    medians = [float(np.median(taken)) for taken in times]
    return [
        MeasuredTime(one.network, one.way, one.threads, median, medians[0] / median)
        for one, median in zip(tried, medians, strict=True)
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--network", type=Path, help="weights to measure too")
    parser.add_argument("--rounds", type=int, default=40, help="(default: %(default)s)")
    parser.add_argument("--json", type=Path, help="file for the figures")
    options = parser.parse_args(arguments)
    results: list[MeasuredTime] = []
    with tempfile.TemporaryDirectory() as folder:
        networks = [_random(backbone, size) for backbone, size in _NETWORKS]
        if options.network:
            networks.append((options.network.stem, *load_network(options.network)))
        for threads in sorted({1, len(os.sched_getaffinity(0))}):
            tried = [
                candidate
                for network in networks
                for candidate in candidates(*network, threads, Path(folder))
            ]
            results += measure(tried, options.rounds)
    report(results, options.json)


def report(results: Sequence[MeasuredTime], file: Path | None) -> None:
    """Print what was measured, and write the figures as JSON to a file where one is given."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDTH)
    console.print(_table(results))
    console.print(f"{platform.machine()}, load {os.getloadavg()[0]:.1f}")
    if file:
        figures = [dataclasses.asdict(result) for result in results]
        file.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def _random(backbone: str, size: int) -> tuple[str, X2Control, NetworkConfig]:
    config = NetworkConfig(backbone=backbone, image_size=size)
    return f"{backbone} {size}", build_network(config), config


def _table(results: Sequence[MeasuredTime]) -> Table:
    table = Table("network", "run by", "threads", "ms an image", "times faster")
    for column in table.columns[2:]:
        column.justify = "right"
    for one in results:
        row = (one.network, one.way, str(one.threads), f"{one.median:.2f}", f"{one.ratio:.1f}")
        table.add_row(*row)
    return folded(table)


if __name__ == "__main__":
    main()
