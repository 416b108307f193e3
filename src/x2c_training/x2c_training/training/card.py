# SPDX-License-Identifier: Apache-2.0
"""Card of weights: data, settings, seed, figures, commit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from x2c_core.system.versions import versions
from x2c_core.words import counted
from x2c_imitation.x2cnet.network.config import AngleUnit, NetworkConfig
from x2c_training.data.dataset_cache import Prepared
from x2c_training.evaluation.metrics import Errors
from x2c_training.settings import TrainingSettings
from x2c_training.settings_file import as_yaml

_SUMMARY = (
    "From an image of the robot's face, {size}x{size} {order},{landmarks} to the 30 control "
    "values that made it: X2Control (arXiv 2505.11146) with the backbone `{backbone}`. Angles are "
    "in {unit}. "
    "Configuration and metadata are in the safetensors file itself."
)
_DEFINITION = (
    "Mean absolute error on the split `{split}`, values scaled to [-1, 1] by upstream's ranges, "
    "gaze left out where both eyes are shut:"
)
_MOTIONS = "They are on motions of landmarks brought closer to those that a face tracker sees."


@dataclass(frozen=True)
class Trained:
    """A training that has come to its end.

    Attributes:
        command: Command that made it.
        source: Folder of the data set.
        robot: Its name.
        settings: Settings of the training.
        data: It was trained with.
        errors: On the test split, by kind of images.
        start: Weights that it began with, if any.
    """

    command: str
    source: str
    robot: str
    settings: TrainingSettings
    data: Prepared
    errors: Mapping[str, Errors]
    start: str = ""


def metadata(trained: Trained) -> dict[str, str]:
    """Return what the file of weights says of its making."""
    found = versions()
    return {
        "robot": trained.robot,
        "commit": found["git_commit"] or "unknown",
        "command": trained.command,
        "settings": json.dumps(trained.settings.as_dict()),
        "test_mae": json.dumps({name: one.mae for name, one in trained.errors.items()}),
    }


def card_text(trained: Trained, config: NetworkConfig) -> str:
    """Return the card, in Markdown."""
    import torch

    found = versions()
    settings = trained.settings
    counts = {
        name: int(np.count_nonzero((trained.data.splits == name) & trained.data.usable))
        for name in dict.fromkeys(trained.data.splits.tolist())
    }
    lines = [
        f"# Mapping network of `{trained.robot}`",
        "",
        _SUMMARY.format(
            size=config.image_size,
            landmarks=" and the motion of its landmarks" if config.landmarks else "",
            order=config.color_order.value.upper(),
            backbone=config.backbone,
            unit="radians" if config.angle_unit is AngleUnit.RAD else "degrees",
        ),
        "",
        "| | |",
        "|---|---|",
        f"| data | {', '.join(f'{count} {name}' for name, count in counts.items())} pairs |",
        f"| left out | {counted(len(trained.data.skipped), 'row')} |",
        f"| epochs, batch | {settings.optimizer.epochs}, {settings.optimizer.batch_size} |",
        f"| loss | {_loss(settings)} |",
        *([f"| begun with | {trained.start} |"] if trained.start else []),
        f"| seed | {settings.run.seed} |",
        f"| commit | `{found['git_commit'] or 'unknown'}` |",
        f"| torch, Python | {torch.__version__}, {found['python']} |",
        "",
    ]
    if trained.errors:
        lines += _errors(trained.errors, settings.data.test)
        lines += [_MOTIONS, ""] if config.landmarks else []
    lines += ["## Made by", "", f"    {trained.command}", ""]
    lines += ["with these settings:", "", "```yaml", as_yaml(settings).strip(), "```", ""]
    return "\n".join(lines)


def _loss(settings: TrainingSettings) -> str:
    loss = settings.loss
    kind = f"Huber (delta {loss.huber_delta:g})" if loss.kind == "huber" else loss.kind.upper()
    parts = [f"{kind} on rendered images"]
    if loss.transferred:
        parts.append(f"{loss.transferred:g} times the same on transferred ones")
    if loss.feature_matching:
        parts.append(f"{loss.feature_matching:g} times feature matching")
    if loss.feature_adaptation:
        parts.append(f"{loss.feature_adaptation:g} times feature adaptation")
    if loss.descriptors:
        parts.append(f"{loss.descriptors:g} times the error of the face's descriptors on all")
    return ", ".join(parts)


def _errors(errors: Mapping[str, Errors], split: str) -> list[str]:
    names = list(errors)
    groups = next(iter(errors.values())).groups
    lines = [
        _DEFINITION.format(split=split),
        "",
        f"| | {' | '.join(f'{name} images' for name in names)} |",
        f"|---|{'---|' * len(names)}",
        f"| all | {' | '.join(f'{errors[name].mae:.4f}' for name in names)} |",
    ]
    lines += [
        f"| {group} | {' | '.join(f'{errors[name].groups[group][0]:.4f}' for name in names)} |"
        for group in groups
    ]
    return [*lines, ""]
