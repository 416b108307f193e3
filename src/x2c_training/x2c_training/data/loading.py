# SPDX-License-Identifier: Apache-2.0
"""Bring augmented batches to the network, made ahead of time by threads.

Every batch is drawn from the seed, the epoch and its own number alone. So a training that goes on
from a checkpoint sees the very batches that it would have seen.
"""

from __future__ import annotations

import itertools
import time
from collections import deque
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from x2c_core.arrays import ImageBatch, Indices
from x2c_core.control_space.control_error import counted
from x2c_imitation.x2cnet.network.config import NetworkConfig
from x2c_training.data import augmentation
from x2c_training.data.augmentation import NetworkInput
from x2c_training.data.dataset_cache import Prepared
from x2c_training.data.frozen_features import FrozenFeatures
from x2c_training.device import sent
from x2c_training.errors import SettingsError
from x2c_training.settings import AugmentationSettings

_AHEAD = 4
"""Batches that lie ready, or are being made."""

_THREADS = 2
"""Make them at once; what takes long in it does not hold Python's lock."""

_ORDER, _BATCH = 0, 1
"""Purposes of random numbers."""


@dataclass(frozen=True)
class Batch:
    """Input of a training step.

    Attributes:
        rendered: (n, 3, size, size) the network's input; of a frozen backbone its features (n, c).
        transferred: Likewise, of the transferred images; None where there are none.
        values: (n, 30) [ratio or rad].
        counted: (n, 30) 1 where a value counts, 0 where it does not.
        motion: (n, MOTION_COUNT) motion of the landmarks; None where the network does not take it.
        shown: (n, 1) 1 where the network sees the images, 0 where only the motion; likewise.
    """

    rendered: Tensor
    transferred: Tensor | None
    values: Tensor
    counted: Tensor
    motion: Tensor | None = None
    shown: Tensor | None = None


class Loader:
    """Make the batches of one process.

    Args:
        data: Prepared.
        rows: Rows of the data to use.
        config: Configuration of the network.
        settings: Settings of random changes.
        batch_size: Batch size of this process.
        transferred: Whether the transferred images are wanted too.
        seed: Random seed.
        device: Device of the batches.
        gaze_mask: Whether the gaze of shut eyes does not count.
        features: Features of the images, where the backbone is frozen.
        rank: Number of this process.
        processes: Number of processes.

    Raises:
        SettingsError: There are several processes, and not enough pairs for one batch of each.
    """

    def __init__(
        self,
        data: Prepared,
        rows: Indices,
        config: NetworkConfig,
        settings: AugmentationSettings,
        *,
        batch_size: int,
        transferred: bool,
        seed: int,
        device: torch.device,
        gaze_mask: bool = True,
        features: FrozenFeatures | None = None,
        rank: int = 0,
        processes: int = 1,
    ) -> None:
        if processes > 1 and len(rows) < batch_size * processes:
            raise SettingsError(
                f"{len(rows)} pairs are no batch of {batch_size} for each of {processes} "
                "processes: use fewer processes, or a smaller optimizer.batch_size"
            )
        self._data = data
        self._rows = rows
        self._settings = settings
        self._batch_size = batch_size
        self._transferred = data.transferred if transferred else None
        self._seed = seed
        self._device = device
        self._rank, self._processes = rank, processes
        self._motion = data.motion if config.landmarks else None
        self._features = features
        self._input = NetworkInput(config, device)
        mask = counted(data.values) if gaze_mask else np.ones(data.values.shape, dtype=bool)
        self._counted = mask.astype(np.float32)
        self._values = data.values.astype(np.float32)
        self.waited = 0.0
        """Time for which `epoch` has kept its caller waiting [s]."""

    def __len__(self) -> int:
        """Return how many batches an epoch has; what makes no whole batch is left out of it."""
        return max(len(self._rows) // (self._batch_size * self._processes), 1)

    def epoch(self, number: int, first: int = 0) -> Generator[Batch, None, None]:
        """Yield the batches of an epoch.

        Args:
            number: Number of the epoch.
            first: Batch to begin with.
        """
        order = np.random.default_rng([self._seed, _ORDER, number]).permutation(self._rows)
        steps = iter(range(first, len(self)))
        ahead: deque[Future[Batch]] = deque()
        with ThreadPoolExecutor(_THREADS, "loader") as pool:

            def prepare(count: int) -> None:
                for step in itertools.islice(steps, count):
                    ahead.append(pool.submit(self._make, order, number, step))

            try:
                prepare(_AHEAD)
                while ahead:
                    began = time.perf_counter()
                    made = ahead.popleft().result()
                    self.waited += time.perf_counter() - began
                    prepare(1)
                    yield made
            finally:
                pool.shutdown(cancel_futures=True)

    def _make(self, order: Indices, epoch: int, step: int) -> Batch:
        whole = self._batch_size * self._processes
        start = step * whole + self._rank * self._batch_size
        # In ascending order, so that the disk is read in one direction; BatchNorm does not care.
        rows = np.sort(order[start : start + self._batch_size])
        generator = np.random.default_rng([self._seed, _BATCH, epoch, step, self._rank])
        transferred = motion = shown = None
        if self._features is not None:
            rendered = self._sent(self._features.rendered[rows])
            if self._transferred is not None and self._features.transferred is not None:
                transferred = self._sent(self._features.transferred[rows])
        else:
            if self._transferred is not None:
                transferred = self._images(self._transferred, rows, generator)
            rendered = self._images(self._data.rendered, rows, generator)
        if self._motion is not None:
            changed = augmentation.change_motion(self._motion[rows], self._settings, generator)
            motion = self._sent(changed)
            seen = generator.random((len(rows), 1)) >= self._settings.hidden
            shown = self._sent(seen.astype(np.float32))
        return Batch(
            *(rendered, transferred, self._sent(self._values[rows])),
            *(self._sent(self._counted[rows]), motion, shown),
        )

    def _sent(self, numbers: NDArray[np.float32]) -> Tensor:
        return sent(torch.from_numpy(numbers), self._device)

    def _images(self, source: ImageBatch, rows: Indices, generator: np.random.Generator) -> Tensor:
        images = augmentation.move(source[rows], self._settings, generator)
        change = augmentation.color_change(images, self._settings, generator)
        return self._input.make(images, change)
