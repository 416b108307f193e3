# SPDX-License-Identifier: Apache-2.0
"""Evaluation of networks on a split of a data set, on rendered and on transferred images."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from x2c_core.control_space import controls
from x2c_core.errors import X2CError
from x2c_core.files.bounded_json import load_json
from x2c_datasets.formats import DataSet
from x2c_imitation.x2cnet.network.config import NetworkConfig
from x2c_imitation.x2cnet.network.files import ONNX, SAFETENSORS, read_metadata
from x2c_imitation.x2cnet.runtime.predictor import Predictor, load_predictor
from x2c_training.data.dataset_cache import Prepared
from x2c_training.data.preparation import Advance, prepare
from x2c_training.data.transferrer import TransferChoice
from x2c_training.evaluation.metrics import measure
from x2c_training.evaluation.prediction import Prediction

KINDS = ("rendered", "transferred")
_BATCH = 64
_PREFERRED = ("test", "val")


@dataclass(frozen=True)
class Evaluated:
    """One network on one split.

    Attributes:
        name: Name that distinguishes it from the others.
        path: Path of its file.
        config: Configuration of the network.
        trained: Settings of its training; empty if its file does not hold them.
        predictions: Predictions by kind of image.
    """

    name: str
    path: Path
    config: NetworkConfig
    trained: Mapping[str, Any]
    predictions: Mapping[str, Prediction]

    @property
    def loss(self) -> str:
        """The loss it was trained with, and what was added to it, in words."""
        loss = self.trained.get("loss")
        if not loss:
            return "unknown"
        parts = [str(loss.get("kind"))]
        if loss.get("transferred"):
            parts.append("transferred")
        if loss.get("feature_matching"):
            parts.append("feature matching")
        if loss.get("feature_adaptation"):
            parts.append("feature adaptation")
        if loss.get("descriptors"):
            parts.append("descriptors")
        return " + ".join(parts)


def choose_split(data: DataSet, wanted: str | None) -> DataSet:
    """Return the split that networks are tried on: as wanted, else test, val, or the first.

    Raises:
        DataSetError: There is no such split.
    """
    there = data.splits
    name = wanted or next((one for one in _PREFERRED if one in there), there[0])
    return data.split(name)


def evaluate(
    paths: Sequence[Path],
    data: DataSet,
    transfer: TransferChoice | None,
    *,
    config: NetworkConfig | None = None,
    device: str = "cpu",
    cache: Path | None = None,
    workers: int = 1,
    advance: Advance = lambda done, total: None,
    report: Callable[[str], None] = lambda name: None,
) -> tuple[list[Evaluated], Sequence[str]]:
    """Return what networks make of a split, and what of it had to be left out.

    Args:
        paths: Files of the networks.
        data: The split, read with landmarks where there are to be transferred images.
        transfer: Robot onto whose image expressions are transferred, and how; None for none.
        config: Configuration of networks whose file does not hold one.
        device: "cpu" or "cuda".
        cache: Folder for prepared images.
        workers: Processes that prepare them.
        advance: Called with the progress.
        report: Called with the name of the network under evaluation.

    Raises:
        X2CError: A network or the data cannot be used.
    """
    found = []
    skipped: Sequence[str] = ()
    for name, path in zip(_names(paths), paths, strict=True):
        report(name)
        runtime = "onnx" if path.suffix == ONNX else "torch"
        predictor = load_predictor(path, runtime, device, max(workers, 1), config)
        prepared = prepare(
            data, predictor.config, transfer, folder=cache, workers=workers, advance=advance
        )
        skipped = prepared.skipped
        predictions = _predictions(predictor, prepared)
        found.append(Evaluated(name, path, predictor.config, _trained(path), predictions))
    return found, skipped


def _predictions(predictor: Predictor, data: Prepared) -> dict[str, Prediction]:
    rows = np.flatnonzero(data.usable)
    true = data.values[rows]
    motion = data.motion if predictor.config.landmarks else None
    made = {}
    for kind in KINDS:
        source = getattr(data, kind)
        if source is None:
            continue
        values = np.concatenate(
            [
                predictor.read(
                    np.asarray(source[chosen]), None if motion is None else motion[chosen]
                )
                for chosen in np.split(rows, range(_BATCH, len(rows), _BATCH))
            ]
        )
        values = np.clip(values, controls.MINIMUM, controls.MAXIMUM)
        made[kind] = Prediction(values, true, measure(values, true))
    return made


def _names(paths: Sequence[Path]) -> list[str]:
    """Return a name for each path: the shortest end that distinguishes it from the others."""
    parts = [path.absolute().with_suffix("").parts for path in paths]
    for count in range(1, max(map(len, parts), default=0) + 1):
        names = ["/".join(one[-count:]) for one in parts]
        if len(set(names)) == len(names):
            return names
    return [str(path) for path in paths]


def _trained(path: Path) -> dict[str, Any]:
    """Return the settings of the training, if the file holds them."""
    if path.suffix != SAFETENSORS:
        return {}
    try:
        content = load_json(read_metadata(path).get("settings", "{}"))
    except (X2CError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
