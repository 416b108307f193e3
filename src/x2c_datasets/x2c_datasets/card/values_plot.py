# SPDX-License-Identifier: Apache-2.0
"""The distribution of the 30 control values of a data set, as an image."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from x2c_core.arrays import Array
from x2c_core.control_space import controls
from x2c_core.control_space.controls import Control, Unit
from x2c_core.images.theme import GROUP_COLOURS
from x2c_core.words import counted

_BINS = 60
_HALF_WIDTH = 0.42
_INK = "#333333"


def save(values: Array, path: Path) -> None:
    """Draw how the values (n, 30) [ratio or rad] are distributed.

    Raises:
        OSError: The image cannot be written.
    """
    figure = Figure(figsize=(15.0, 7.0), layout="constrained")
    FigureCanvasAgg(figure)
    ratios = [control for control in controls.CONTROLS if control.unit is Unit.RATIO]
    angles = [control for control in controls.CONTROLS if control.unit is Unit.RADIAN]
    shares = {"width_ratios": [len(ratios), len(angles)]}
    left, right = figure.subplots(1, 2, gridspec_kw=shares)
    _draw(left, ratios, values, "control value [ratio]")
    _draw(right, angles, values, "control value [rad]")
    present = dict.fromkeys(control.group for control in controls.CONTROLS)
    handles = [Patch(color=GROUP_COLOURS[group], label=group.value) for group in present]
    figure.legend(handles=handles, loc="outside upper right", ncols=len(handles), frameon=False)
    figure.suptitle(
        f"{counted(len(values), 'pair')}. Width: square root of how frequent a value is.\n"
        "Bar: middle half; line: 1 % to 99 %; dot: median; dashes: range.",
        x=0.01,
        ha="left",
        fontsize=10,
        color=_INK,
    )
    # No date and no version: the same data give the same file.
    figure.savefig(path, dpi=100, metadata={"Software": None})


def _draw(axes: Axes, shown: list[Control], values: Array, label: str) -> None:
    for place, control in enumerate(shown):
        _violin(axes, place, control, values[:, control.index])
    axes.set_xticks(
        range(len(shown)), [control.name for control in shown], rotation=60, ha="right"
    )
    axes.set_xlim(-0.7, len(shown) - 0.3)
    axes.set_ylabel(label)
    axes.grid(axis="y", alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)


def _violin(axes: Axes, place: int, control: Control, values: Array) -> None:
    low, high = control.minimum, control.maximum
    for end in (low, high):
        axes.plot([place - 0.3, place + 0.3], [end, end], "--", color="#bbbbbb", lw=1)
    if not len(values):
        return
    counts, edges = np.histogram(values, _BINS, (min(low, values.min()), max(high, values.max())))
    width = _HALF_WIDTH * np.sqrt(counts / max(counts.max(), 1))
    axes.fill_betweenx(
        *(np.repeat(edges, 2)[1:-1], place - np.repeat(width, 2), place + np.repeat(width, 2)),
        color=GROUP_COLOURS[control.group],
        alpha=0.75,
        lw=0,
    )
    least, lower, median, upper, most = np.quantile(values, (0.01, 0.25, 0.5, 0.75, 0.99))
    axes.plot([place, place], [least, most], color=_INK, lw=1)
    axes.plot([place, place], [lower, upper], color=_INK, lw=4, solid_capstyle="butt")
    axes.plot(place, median, "o", color="white", mec=_INK, ms=4)
