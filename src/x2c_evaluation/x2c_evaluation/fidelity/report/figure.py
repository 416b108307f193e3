# SPDX-License-Identifier: Apache-2.0
"""The person's and the robot's curves of one clip as an image."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from x2c_core.face.descriptors import Descriptor
from x2c_evaluation.fidelity.measure import Clip

PERSON, ROBOT, FAINT = "#1b222c", "#ee5d6c", "#8b95a3"
_COLUMNS = 3


def write_figure(clip: Clip, path: Path) -> None:
    """Write the curves of a clip as a PNG file.

    Raises:
        OSError: It cannot be written.
    """
    names = list(Descriptor)
    rows = -(-len(names) // _COLUMNS)
    figure = Figure(figsize=(16.0, 2.05 * rows + 0.7), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    mean = "-" if clip.mean_r is None else f"{clip.mean_r:.3f}"
    figure.suptitle(f"{clip.name}: person (black) and robot (red), mean r {mean}", fontsize=14)
    grid = figure.subplots(rows, _COLUMNS, squeeze=False).ravel()
    for axes, (column, descriptor) in zip(grid, enumerate(names), strict=False):
        _curves(axes, clip, column, descriptor)
    for axes in grid[len(names) :]:
        axes.axis("off")
    figure.savefig(path, format="png")


def _curves(axes: Any, clip: Clip, column: int, descriptor: Descriptor) -> None:
    performance = clip.performance
    times = np.arange(performance.frames) * performance.period
    for curves, colour in ((performance.person, PERSON), (performance.seen, ROBOT)):
        curve = curves[:, column]
        # Faces differ in shape: only the way from their own middle is comparable.
        middle = np.nanmedian(curve) if np.isfinite(curve).any() else 0.0
        axes.plot(times, curve - middle, color=colour, linewidth=1.1)
    if descriptor in (Descriptor.GAZE_YAW, Descriptor.GAZE_PITCH):
        low, high = axes.get_ylim()
        axes.fill_between(
            times, low, high, where=~performance.eyes_open, color=FAINT, alpha=0.25, linewidth=0
        )
        axes.set_ylim(low, high)
    one = clip.measured.get(descriptor)
    if one is None:
        text, colour = f"{descriptor}: left out", FAINT
    else:
        found = one.agreement
        text = f"{descriptor}: r {found.r:.2f}, {found.lag * 1e3:.0f} ms, x {found.amplitude:.2f}"
        colour = PERSON
    axes.set_title(text, fontsize=10, color=colour, loc="left")
    axes.tick_params(labelsize=8)
    axes.margins(x=0.0)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
