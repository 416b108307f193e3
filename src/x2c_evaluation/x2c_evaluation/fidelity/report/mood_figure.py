# SPDX-License-Identifier: Apache-2.0
"""The mood of one clip as an image: profiles of person and robot, and what a judge reads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from x2c_core.arrays import Array
from x2c_evaluation.fidelity.absolute_error import FACIAL, AbsoluteError
from x2c_evaluation.fidelity.judge.expression_judge import Expression
from x2c_evaluation.fidelity.judge.reading_log import Readings
from x2c_evaluation.fidelity.measure import Clip
from x2c_evaluation.fidelity.report.figure import FAINT, PERSON, ROBOT
from x2c_evaluation.fidelity.report.tables import short

_COLOURS = ("#c9cfd6", "#f2b134", "#4c78a8", "#d62f3f", "#7b52ab", "#6a9f3d", "#2aa7b8")
"""Colours of the expressions, in their order."""


def write_mood_figure(clip: Clip, path: Path) -> None:
    """Write the profiles of a clip, and a judge's readings if there are any, as a PNG file.

    Raises:
        OSError: It cannot be written.
    """
    readings = clip.performance.readings
    figure = Figure(
        figsize=(16.0, 3.6 if readings is None else 7.4), dpi=100, layout="constrained"
    )
    FigureCanvasAgg(figure)
    rows = figure.subplots(1 if readings is None else 3, 1, squeeze=False).ravel()
    if clip.absolute is None:
        rows[0].axis("off")
    else:
        _profiles(rows[0], clip, clip.absolute)
    if readings is not None:
        _readings(rows[1], "person", readings.person, clip.performance.period)
        _readings(rows[2], "robot", readings.robot, clip.performance.period)
        rows[2].set_xlabel("time [s]", fontsize=9)
        figure.legend(
            *rows[1].get_legend_handles_labels(), loc="outside lower center", ncols=7, fontsize=9
        )
        figure.suptitle(_about(clip, readings), fontsize=12)
    figure.savefig(path, format="png")


def _profiles(axes: Any, clip: Clip, absolute: AbsoluteError) -> None:
    places = np.arange(len(FACIAL))
    for offset, profile, colour in ((-0.2, absolute.person, PERSON), (0.2, absolute.robot, ROBOT)):
        axes.bar(places + offset, profile, 0.38, color=colour)
    axes.axhline(0.0, color=FAINT, linewidth=0.8)
    axes.set_xticks(places, [short(one) for one in FACIAL], fontsize=9)
    r = "-" if absolute.profile_r is None else f"{absolute.profile_r:.2f}"
    mean = absolute.mean
    axes.set_title(
        f"{clip.name}: mean over the clip against the own neutral face, in units of how much "
        f"people vary; person black, robot red; r {r}; error {mean.robot:.2f}, at rest "
        f"{mean.at_rest:.2f}",
        fontsize=10,
        loc="left",
    )
    _plain(axes)


def _readings(axes: Any, who: str, probabilities: Array, period: float) -> None:
    times = np.arange(len(probabilities)) * period
    labels: Sequence[str] = list(Expression)
    axes.stackplot(times, probabilities.T, labels=labels, colors=_COLOURS, linewidth=0)
    axes.set_title(f"read on the {who}", fontsize=10, loc="left")
    axes.set_ylim(0.0, 1.0)
    axes.margins(x=0.0)
    _plain(axes)


def _about(clip: Clip, readings: Readings) -> str:
    if clip.judgement is None:
        return f"judge {readings.judge}"
    same = clip.judgement.apex_agreement
    return (
        f"judge {readings.judge}: same label in {same.robot:.0%} of the apex images; of a robot "
        f"at rest in {same.at_rest:.0%}, half a clip late in {same.late:.0%}"
    )


def _plain(axes: Any) -> None:
    axes.tick_params(labelsize=8)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
