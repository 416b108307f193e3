# SPDX-License-Identifier: Apache-2.0
"""Predicted against true values, a panel for each control."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from x2c_core.control_space import controls
from x2c_core.control_space.control_error import counted
from x2c_core.control_space.controls import Control, Unit
from x2c_core.images.theme import GROUP_COLOURS
from x2c_training.evaluation.prediction import Prediction

_COLUMNS = 6
_SHOWN = 3000
_INK, _FAINT = "#333333", "#bbbbbb"


def save(prediction: Prediction, title: str, path: Path) -> None:
    """Draw predicted values over true ones.

    Args:
        prediction: Predictions for some images.
        title: Title of the figure.
        path: PNG file to write.

    Raises:
        OSError: It cannot be written.
    """
    rows = -(-controls.COUNT // _COLUMNS)
    figure = Figure(figsize=(15.0, 2.6 * rows), layout="constrained")
    FigureCanvasAgg(figure)
    errors = prediction.errors
    figure.suptitle(
        f"{title}: predicted (up) over true (across) control values, {errors.rows} images, "
        f"MAE {errors.mae:.4f}. Of each: its own MAE and correlation.",
        x=0.01,
        ha="left",
        fontsize=11,
        color=_INK,
    )
    mask = counted(prediction.true)
    for axes, control in zip(
        figure.subplots(rows, _COLUMNS).ravel(), controls.CONTROLS, strict=True
    ):
        _panel(axes, control, prediction, mask[:, control.index])
    figure.savefig(path, dpi=80, metadata={"Software": None})


def _panel(axes: Any, control: Control, prediction: Prediction, mask: Any) -> None:
    true = prediction.true[mask, control.index]
    predicted = prediction.predicted[mask, control.index]
    ends = [control.minimum, control.maximum]
    axes.plot(ends, ends, color=_FAINT, lw=1)
    axes.axhline(control.neutral, color=_FAINT, lw=0.5)
    step = max(len(true) // _SHOWN, 1)
    colour = GROUP_COLOURS[control.group]
    axes.plot(true[::step], predicted[::step], ".", ms=2.0, alpha=0.35, color=colour)
    mae = prediction.errors.controls[control.name][0]
    moves = len(true) > 1 and true.std() > 1e-9 and predicted.std() > 1e-9
    correlation = f"{np.corrcoef(true, predicted)[0, 1]:.2f}" if moves else "-"
    unit = " [rad]" if control.unit is Unit.RADIAN else ""
    axes.set_title(
        f"{control.name}{unit}: {mae:.3f}, r {correlation}", fontsize=8, color=_INK, loc="left"
    )
    axes.set_xlim(*ends)
    axes.set_ylim(*ends)
    axes.tick_params(labelsize=7)
    axes.spines[["top", "right"]].set_visible(False)
