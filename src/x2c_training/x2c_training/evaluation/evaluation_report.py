# SPDX-License-Identifier: Apache-2.0
"""Results of an evaluation as tables and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from x2c_core.control_space import controls
from x2c_core.control_space.controls import Group
from x2c_training.evaluation.metrics import measure
from x2c_training.evaluation.network_evaluation import KINDS, Evaluated

Table = list[list[str]]
"""Rows of cells; the first one is the heading."""


def comparison(found: Sequence[Evaluated]) -> Table:
    """Return the table of networks: what they are, and their errors."""
    kinds = _kinds(found)
    heading = ["network", "backbone", "size", "loss"]
    heading += [f"{kind} {measure}" for kind in kinds for measure in ("MAE", "MSE")]
    rows = [heading]
    for one in found:
        row = [one.name, one.config.backbone, str(one.config.image_size), one.loss]
        for kind in kinds:
            errors = one.predictions[kind].errors
            row += [f"{errors.mae:.4f}", f"{errors.mse:.4f}"]
        rows.append(row)
    mae, mse = neutral_error(found[0])
    rows.append(["always neutral", "", "", ""] + [f"{mae:.4f}", f"{mse:.4f}"] * len(kinds))
    return rows


def by_group(found: Sequence[Evaluated], kind: str) -> Table:
    """Return the table of mean absolute errors by group, a column for each network."""
    rows = [["group", *(one.name for one in found)]]
    for group in Group:
        cells = [f"{one.predictions[kind].errors.groups[group][0]:.4f}" for one in found]
        rows.append([group.value, *cells])
    return rows


def by_control(one: Evaluated) -> Table:
    """Return the table of one network's errors by control."""
    kinds = _kinds([one])
    rows = [["control", *(f"{kind} {measure}" for kind in kinds for measure in ("MAE", "MSE"))]]
    for name in controls.NAMES:
        errors = [one.predictions[kind].errors.controls[name] for kind in kinds]
        rows.append([name, *(f"{value:.4f}" for pair in errors for value in pair)])
    return rows


def neutral_error(one: Evaluated) -> tuple[float, float]:
    """Return the mean absolute and squared error of a constant neutral prediction."""
    true = next(iter(one.predictions.values())).true
    errors = measure(np.broadcast_to(controls.NEUTRAL, true.shape), true)
    return errors.mae, errors.mse


def as_markdown(table: Table) -> str:
    """Return a table in Markdown."""
    heading, *rows = table
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def as_json(found: Sequence[Evaluated], data: str, split: str, skipped: Sequence[str]) -> str:
    """Return everything but the single predictions as JSON."""
    networks: list[dict[str, Any]] = [
        {
            "name": one.name,
            "path": str(one.path),
            "config": one.config.as_dict(),
            "trained": dict(one.trained),
            **{kind: one.predictions[kind].errors.as_dict() for kind in _kinds([one])},
        }
        for one in found
    ]
    mae, mse = neutral_error(found[0])
    content = {
        "data": data,
        "split": split,
        "networks": networks,
        "always_neutral": {"mae": mae, "mse": mse},
        "skipped": list(skipped),
    }
    return json.dumps(content, indent=2) + "\n"


def _kinds(found: Sequence[Evaluated]) -> list[str]:
    return [kind for kind in KINDS if all(kind in one.predictions for one in found)]
