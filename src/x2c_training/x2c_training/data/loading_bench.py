# SPDX-License-Identifier: Apache-2.0
"""Compare how fast augmented batches come, with a loader as upstream's training has it.

The plain loader decodes, resizes and changes each image again in every epoch: cv2.imread, resize,
PIL, colour jitter, tensor, in worker processes of torch's DataLoader. torchvision cannot be
installed beside a torch for CPUs, so its jitter is done as torchvision does it on PIL images:
ImageEnhance for brightness, contrast and saturation, and a turn of the hue channel.

    python -m x2c_training.data.loading_bench --data DIR
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from PIL import Image, ImageEnhance
from rich.console import Console
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from x2c_datasets.formats import Pair, read_data_set
from x2c_imitation.x2cnet.network.config import NetworkConfig, preset
from x2c_training.data.loading import Loader
from x2c_training.data.preparation import prepare
from x2c_training.progress import TrainProgress
from x2c_training.settings import AugmentationSettings

_JITTER = 0.2


class PlainImages(Dataset[tuple[Tensor, Tensor]]):
    """Pairs, one at a time, each decoded and changed when it is asked for.

    Args:
        pairs: Images and values.
        config: Configuration of the network.
    """

    def __init__(self, pairs: Sequence[Pair], config: NetworkConfig) -> None:
        self._files = [(str(pair.image), pair.values.astype(np.float32)) for pair in pairs]
        self._size = config.image_size
        self._mean = torch.tensor(config.mean).reshape(3, 1, 1)
        self._std = torch.tensor(config.std).reshape(3, 1, 1)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._files)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        """Return one image as the network's input, and its values."""
        path, values = self._files[index]
        image = cv2.resize(np.asarray(cv2.imread(path)), (self._size, self._size))
        changed = np.array(jitter(Image.fromarray(image)))
        tensor = torch.from_numpy(changed).permute(2, 0, 1).contiguous().float().div(255.0)
        return (tensor - self._mean) / self._std, torch.from_numpy(values)


def jitter(image: Image.Image) -> Image.Image:
    """Return an image with brightness, contrast, saturation and hue changed in random order."""
    changes = [_brightness, _contrast, _saturation, _hue]
    random.shuffle(changes)
    for change in changes:
        image = change(image)
    return image


def _factor() -> float:
    return random.uniform(1.0 - _JITTER, 1.0 + _JITTER)  # noqa: S311


def _brightness(image: Image.Image) -> Image.Image:
    return ImageEnhance.Brightness(image).enhance(_factor())


def _contrast(image: Image.Image) -> Image.Image:
    return ImageEnhance.Contrast(image).enhance(_factor())


def _saturation(image: Image.Image) -> Image.Image:
    return ImageEnhance.Color(image).enhance(_factor())


def _hue(image: Image.Image) -> Image.Image:
    hue, saturation, value = image.convert("HSV").split()
    turned = np.array(hue, dtype=np.uint8)
    turned += np.uint8(int(random.uniform(-_JITTER, _JITTER) * 255) % 256)  # noqa: S311
    merged = Image.merge("HSV", (Image.fromarray(turned, "L"), saturation, value))
    return merged.convert("RGB")


def _own(loader: Loader) -> Iterator[Any]:
    for epoch in itertools.count():
        yield from loader.epoch(epoch)


def _plain(loader: DataLoader[tuple[Tensor, Tensor]]) -> Iterator[Any]:
    while True:
        yield from loader


def _rate(batches: Iterator[Any], count: int) -> float:
    """Return batches a second; what comes before the first one does not count."""
    next(batches)
    began = time.perf_counter()
    for _ in itertools.islice(batches, count):
        pass
    return count / (time.perf_counter() - began)


def main() -> None:
    """Run the comparison and print it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of a data set")
    parser.add_argument("--size", type=int, default=224, help="of the images [px] (224)")
    parser.add_argument("--batch-size", type=int, default=128, help="(128)")
    parser.add_argument("--batches", type=int, default=30, help="of a measurement (30)")
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each (3)")
    parser.add_argument("--most", type=int, default=4000, help="pairs that are used (4000)")
    parser.add_argument("--cache", type=Path, help="folder for prepared images")
    arguments = parser.parse_args()
    cores = len(os.sched_getaffinity(0))
    console = Console(stderr=True)
    config = NetworkConfig(**{**vars(preset("x2c")), "image_size": arguments.size})
    read = read_data_set(arguments.data)
    data = type(read)(read.folder, read.pairs[: arguments.most], read.skipped, read.notes)
    with TrainProgress(console) as progress:
        prepared = prepare(
            *(data, config, None),
            folder=arguments.cache,
            workers=cores,
            advance=progress.prepare,
        )
    rows = np.flatnonzero(prepared.usable)
    size = min(arguments.batch_size, len(rows))
    own = _own(
        Loader(
            *(prepared, rows, config, AugmentationSettings()),
            batch_size=size,
            transferred=False,
            seed=0,
            device=torch.device("cpu"),
        )
    )
    plain = _plain(
        DataLoader(
            PlainImages(data.pairs, config),
            batch_size=size,
            shuffle=True,
            num_workers=cores,
            drop_last=True,
            persistent_workers=True,
        )
    )
    rates: dict[str, list[float]] = {"prepared": [], "plain": []}
    # In turns, so that a machine that slows down does not favour one of them.
    for _ in range(arguments.rounds):
        rates["plain"].append(_rate(plain, arguments.batches))
        rates["prepared"].append(_rate(own, arguments.batches))
    found = {name: float(np.median(one)) for name, one in rates.items()}
    result = {
        "size": arguments.size,
        "batch_size": size,
        "cores": cores,
        "batches_per_second": {name: round(rate, 2) for name, rate in found.items()},
        "ratio": round(found["prepared"] / found["plain"], 2),
        "rounds": {name: [round(rate, 2) for rate in one] for name, one in rates.items()},
    }
    console.file.flush()
    Console().print_json(json.dumps(result))


if __name__ == "__main__":
    main()
