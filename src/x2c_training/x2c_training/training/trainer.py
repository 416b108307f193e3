# SPDX-License-Identifier: Apache-2.0
"""The training itself: steps, epochs, checkpoints."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from x2c_core.arrays import Indices
from x2c_imitation.x2cnet.network.config import NetworkConfig
from x2c_imitation.x2cnet.network.files import CONFIG_KEY
from x2c_imitation.x2cnet.network.x2control import X2Control
from x2c_training.data.dataset_cache import Prepared
from x2c_training.data.frozen_features import FrozenFeatures, frozen_features
from x2c_training.data.loading import Loader
from x2c_training.device import Team, choose_precision
from x2c_training.errors import CheckpointError
from x2c_training.evaluation.prediction import predict
from x2c_training.settings import TrainingSettings
from x2c_training.training import checkpoint
from x2c_training.training.curves import TrainingCurves
from x2c_training.training.losses import DescriptorLoss, ValueLoss
from x2c_training.training.model import Losses, TwoViews, losses_of

STEP_COLUMNS = (
    *("epoch", "learning_rate", "loss", "values", "transferred", "features", "adaptation"),
    *("descriptors", "mae"),
)
EPOCH_COLUMNS = (
    *("epoch", "loss", "mae", "val_mae_rendered", "val_mae_transferred"),
    *("pairs_per_second", "waiting_share"),
)
_FLUSH = 10
"""Steps whose losses are fetched together: each fetch makes a GPU wait."""
_WATCHED = 2000
"""Most pairs that are looked at after an epoch."""


class TrainingObserver(Protocol):
    """Observer of a training."""

    def begin(self, step: int, total: int) -> None:
        """Take note of where it begins, and of how many steps there are."""

    def step(self, step: int, values: Mapping[str, float]) -> None:
        """Take note of a step."""

    def epoch(self, values: Mapping[str, float]) -> None:
        """Take note of an epoch."""


class Trainer:
    """Train one network.

    Args:
        data: Prepared.
        settings: Settings of the training.
        config: Configuration of the network.
        network: Network to train.
        folder: For checkpoint and curves.
        device: Device to compute on.
        team: The processes.
        watcher: Observer of the training.
        start: Fingerprint of the initial weights.
        descriptor_loss: Loss of the face that the values give; None where it has no weight.
    """

    def __init__(
        self,
        data: Prepared,
        settings: TrainingSettings,
        config: NetworkConfig,
        network: X2Control,
        folder: Path,
        device: torch.device,
        team: Team,
        watcher: TrainingObserver,
        start: str = "",
        descriptor_loss: DescriptorLoss | None = None,
    ) -> None:
        self._start = start
        self._data, self._settings, self._config = data, settings, config
        self._folder, self._device, self._team, self._watcher = folder, device, team, watcher
        self._precision = choose_precision(settings.run.precision, device)
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.network = network.to(device)
        rows = data.rows(settings.data.train)
        self._features: FrozenFeatures | None = None
        if settings.network.frozen:
            self.network.feature_extractor.requires_grad_(False)
            self._features = frozen_features(
                *(self.network, config, data, np.union1d(rows, self._watched())),
                self._precision,
            )
        self._model: nn.Module = TwoViews(self.network)
        if team.processes > 1:
            ids = [device.index] if device.type == "cuda" else None
            self._model = DistributedDataParallel(self._model, device_ids=ids)
        self._value_loss = ValueLoss(settings.loss, config).to(device)
        self._descriptor_loss = descriptor_loss
        if descriptor_loss is not None:
            descriptor_loss.to(device)
        self._optimizer = torch.optim.AdamW(
            _parameter_groups(self.network, settings.optimizer.weight_decay),
            lr=settings.optimizer.learning_rate,
            fused=True,
        )
        self._scaler = torch.amp.GradScaler(device.type, enabled=self._precision is torch.float16)
        self._loader = Loader(
            *(data, rows, config, settings.augmentation),
            batch_size=max(settings.optimizer.batch_size // team.processes, 1),
            transferred=settings.loss.needs_transferred,
            seed=settings.run.seed,
            device=device,
            gaze_mask=settings.loss.gaze_mask,
            features=self._features,
            rank=team.rank,
            processes=team.processes,
        )
        self.total = len(self._loader) * settings.optimizer.epochs
        self._pending: list[tuple[int, float, Losses]] = []
        self._sums = [0.0, 0.0, 0.0]

    def resume(self) -> int:
        """Take over the checkpoint, where there is one, and return the step to go on with.

        Raises:
            CheckpointError: It is that of another training, or not all processes have it.
        """
        step = self._take_over(checkpoint.load(self._folder / checkpoint.FILE))
        if not self._team.agrees(step):
            raise CheckpointError(
                f"not every process finds the same checkpoint in {self._folder}: --out must be a "
                "folder that all machines share"
            )
        return step

    def run(self, step: int, stop: threading.Event) -> bool:
        """Train to the end, or until it is to stop.

        Args:
            step: Step to begin with, as `resume` returns it.
            stop: Set from outside to stop after the step that is under way.

        Returns:
            Whether it has come to the end.

        Raises:
            CheckpointError: A checkpoint cannot be written, or the training has gone astray.
        """
        self._watcher.begin(step, self.total)
        if not self._team.leads:
            return self._steps(step, None, stop)
        with TrainingCurves(self._folder, STEP_COLUMNS, EPOCH_COLUMNS, step) as curves:
            return self._steps(step, curves, stop)

    def learning_rate(self, step: int) -> float:
        """Return the learning rate of a step: it rises, then falls as a cosine."""
        settings = self._settings.optimizer
        warm = settings.warm_up * self.total
        if step < warm:
            share = (step + 1) / math.ceil(warm)
        else:
            share = 0.5 * (1.0 + math.cos(math.pi * (step - warm) / max(self.total - warm, 1.0)))
        return settings.learning_rate * share

    def _steps(self, step: int, curves: TrainingCurves | None, stop: threading.Event) -> bool:
        length = len(self._loader)
        saved = time.monotonic()
        while step < self.total:
            epoch, first = divmod(step, length)
            self._loader.waited = 0.0
            began, begun = time.monotonic(), step
            self.network.train()
            batches = self._loader.epoch(epoch, first)
            for batch in batches:
                self._step(step, batch)
                step += 1
                if step % _FLUSH == 0:
                    self._flush(curves, length, began)
                stopped = self._team.any(stop.is_set())
                # At the end of an epoch its row is written first.
                if stopped and step % length:
                    batches.close()
                    self._flush(curves, length, began)
                    self._save(step)
                    return False
                minutes = (time.monotonic() - saved) / 60.0
                if minutes > self._settings.run.checkpoint_minutes and step % length:
                    self._flush(curves, length, began)
                    self._save(step)
                    saved = time.monotonic()
            self._flush(curves, length, began)
            passed = max(time.monotonic() - began, 1e-9)
            self._end_epoch(epoch, step, curves, (step - begun) / passed, passed)
            self._save(step)
            saved = time.monotonic()
            if stopped:
                break
        return step >= self.total

    def _step(self, step: int, batch: Any) -> None:
        rate = self.learning_rate(step)
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        with torch.autocast(
            self._device.type, self._precision, enabled=self._precision is not torch.float32
        ):
            losses = losses_of(
                *(self._model, batch, self._value_loss, self._settings.loss),
                self._descriptor_loss,
            )
        self._optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(self._scaler.scale(losses.total))
        self._scaler.unscale_(self._optimizer)
        nn.utils.clip_grad_norm_(self.network.parameters(), self._settings.optimizer.clip)
        self._scaler.step(self._optimizer)
        self._scaler.update()
        self._pending.append((step, rate, losses))

    def _flush(self, curves: TrainingCurves | None, length: int, began: float) -> None:
        """Fetch the losses of the last steps and report them."""
        pending, self._pending = self._pending, []
        if not pending:
            return
        names = ("total", *STEP_COLUMNS[3:])
        fetched = torch.stack(
            [torch.stack([getattr(one, name).detach() for name in names]) for *_, one in pending]
        )
        for (step, rate, _), row in zip(pending, fetched.cpu().tolist(), strict=True):
            values = dict(zip(STEP_COLUMNS[2:], row, strict=True))
            self._sums = [self._sums[0] + 1.0, self._sums[1] + row[0], self._sums[2] + row[-1]]
            if not math.isfinite(row[0]):
                raise CheckpointError(
                    f"the loss is {row[0]} at step {step + 1}: the training has gone astray. Use "
                    "a smaller optimizer.learning_rate, or run.precision float32; the last "
                    "checkpoint is kept"
                )
            logged = {"epoch": step // length, "learning_rate": rate, **values}
            if curves is not None:
                curves.step(step + 1, logged)
        waiting = self._loader.waited / max(time.monotonic() - began, 1e-9)
        self._watcher.step(pending[-1][0] + 1, {**logged, "waiting_share": waiting})

    def _end_epoch(
        self,
        epoch: int,
        step: int,
        curves: TrainingCurves | None,
        steps_a_second: float,
        passed: float,
    ) -> None:
        count, loss, mae = self._sums
        self._sums = [0.0, 0.0, 0.0]
        if curves is None:
            return
        values: dict[str, float] = {
            "epoch": epoch,
            "loss": loss / max(count, 1.0),
            "mae": mae / max(count, 1.0),
            "pairs_per_second": steps_a_second * self._settings.optimizer.batch_size,
            "waiting_share": self._loader.waited / passed,
            **self._validate(),
        }
        curves.epoch(step, values)
        self._watcher.epoch(values)

    def _validate(self) -> dict[str, float]:
        rows = self._watched()
        if not rows.size:
            return {}
        found = {}
        for name in ("rendered", "transferred"):
            if getattr(self._data, name) is not None:
                errors = predict(
                    *(self.network, self._config, self._data, rows, name, self._precision),
                    self._features,
                ).errors
                found[f"val_mae_{name}"] = errors.mae
        self.network.train()
        return found

    def _watched(self) -> Indices:
        """Return the rows that are looked at after an epoch; none where there is no such split."""
        split = self._settings.data.validation
        if not self._data.has(split):
            return np.zeros(0, dtype=np.intp)
        rows = self._data.rows(split)
        return rows[:: max(len(rows) // _WATCHED, 1)]

    def _identity(self) -> dict[str, Any]:
        """Return what must be the same for a training to go on."""
        return {
            "settings": {k: v for k, v in self._settings.as_dict().items() if k != "run"},
            "seed": self._settings.run.seed,
            "data": self._data.folder.name,
            "processes": self._team.processes,
            "start": self._start,
        }

    def _save(self, step: int) -> None:
        if not self._team.leads:
            return
        state = {
            "step": step,
            "sums": self._sums,
            "identity": self._identity(),
            # With it, the checkpoint is a file of weights like any other.
            CONFIG_KEY: self._config.as_dict(),
            "model": self.network.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "scaler": self._scaler.state_dict(),
        }
        checkpoint.save(self._folder / checkpoint.FILE, state)

    def _take_over(self, state: dict[str, Any] | None) -> int:
        if state is None:
            return 0
        path = self._folder / checkpoint.FILE
        own, its = self._identity(), dict(state["identity"])
        # What the version that began the training did not have yet stood as its default does now.
        its["settings"] = {
            name: {**section, **its["settings"].get(name, {})}
            for name, section in TrainingSettings().as_dict().items()
            if name != "run"
        }
        if its != own and {**its, "data": own["data"]} == own:
            raise CheckpointError(
                f"{path} is of a training whose data were prepared otherwise ({its['data']} "
                f"instead of {own['data']}): other images or another robot, or a version that "
                "made motions differently. It cannot go on with these: start afresh with "
                "--fresh, or choose another folder"
            )
        if its != own:
            raise CheckpointError(
                f"{path} is of another training ({checkpoint.differences(its, own)}); go on with "
                "its own settings, start afresh with --fresh, or choose another folder"
            )
        try:
            self.network.load_state_dict(state["model"])
            self._optimizer.load_state_dict(state["optimizer"])
            # Empty where another precision needed none.
            if state["scaler"]:
                self._scaler.load_state_dict(state["scaler"])
            self._sums = [float(one) for one in state["sums"]]
            return int(state["step"])
        except (KeyError, RuntimeError, ValueError) as error:
            raise CheckpointError(f"{path} does not fit this network: {error}") from error


def _parameter_groups(network: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Return the parameters that learn in two groups: only matrices decay."""
    matrices: list[Tensor] = []
    others: list[Tensor] = []
    for parameter in network.parameters():
        if parameter.requires_grad:
            (matrices if parameter.ndim > 1 else others).append(parameter)
    return [
        {"params": matrices, "weight_decay": weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
