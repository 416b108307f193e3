# SPDX-License-Identifier: Apache-2.0
"""Plots of a page: curves over time, thinned to the pixels that show them, and bars."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from x2c_core.arrays import Array
from x2c_core.control_space import controls
from x2c_core.control_space.controls import Group, Unit
from x2c_core.face.frames import ControlState, FaceState
from x2c_evaluation.offline.results.key_frames import frame_errors
from x2c_evaluation.offline.results.result import RecordingResult
from x2c_evaluation.pipeline.frame_curves import FrameCurves

_MOST_POINTS = 700
"""A longer line is drawn by the least and the greatest value of each stretch."""

_PAUSE = 10.0
"""A line ends where nothing comes for so many usual steps."""

_LEAST = 0.1
"""Least span of a plot, lest noise fills it."""


ControlBars = list[tuple[str, float, list[tuple[str, float | None]]]]
"""Name and value of each group of controls, with name and value of each control in it."""


@dataclass(frozen=True)
class Line:
    """Line of a plot.

    Attributes:
        kind: Class of the line: "own" or "other".
        times: (n,) [s].
        values: (n,); the line has gaps at NaN.
    """

    kind: str
    times: Array
    values: Array


@dataclass(frozen=True)
class Stretch:
    """Shaded stretch of time, of a class such as "off".

    Attributes:
        begin: Begin [s].
        end: End [s].
        kind: Class of the shade.
    """

    begin: float
    end: float
    kind: str


@dataclass(frozen=True)
class Plot:
    """Plot over time.

    Attributes:
        title: Title of the plot.
        note: Text in its corner.
        kind: Classes of the plot: its group gives the colour.
        duration: Duration of the axis [s].
        low: Lowest value.
        high: Highest value.
        lines: Lines, the last on top.
        stretches: Shaded stretches.
        zero: Value at which a line goes across; None for none.
        has_axis: Whether the ends of the axis, and values under the pointer, mean something.
    """

    WIDTH: ClassVar = 2000
    """Width of every plot's own coordinates; the page stretches them."""
    HEIGHT: ClassVar = 200
    """Height likewise."""

    title: str
    note: str
    kind: str
    duration: float
    low: float
    high: float
    lines: Sequence[Line] = ()
    stretches: Sequence[Stretch] = ()
    zero: float | None = None
    has_axis: bool = True

    def y(self, value: float) -> int:
        """Return the place of a value, downwards from the highest one."""
        return round((self.high - value) / (self.high - self.low) * self.HEIGHT)

    @property
    def rectangles(self) -> list[tuple[int, int, str]]:
        """Left edge, width and class of each shaded stretch."""
        scale = self.WIDTH / max(self.duration, 1e-9)
        return [
            (
                round(one.begin * scale),
                round(max((min(one.end, self.duration) - one.begin) * scale, 1.0)),
                one.kind,
            )
            for one in self.stretches
        ]

    @property
    def paths(self) -> list[tuple[str, str]]:
        """Class and SVG path ("d") of each line."""
        return [(line.kind, self._path(line)) for line in self.lines]

    def _path(self, line: Line) -> str:
        times, values = line.times, line.values
        pause = _PAUSE * float(np.median(np.diff(times))) if len(times) > 1 else 0.0
        times, values = _thinned(times, values)
        longest = max(pause, self.duration / 100.0)
        gaps = np.concatenate([[False], np.diff(times) > longest])
        x = np.rint(times / max(self.duration, 1e-9) * self.WIDTH).astype(int)
        with np.errstate(invalid="ignore"):
            y = np.rint((self.high - values) / (self.high - self.low) * self.HEIGHT)
        y = y.clip(-self.HEIGHT, 2 * self.HEIGHT)
        parts, pen = [], "M"
        for place, value, gap in zip(x.tolist(), y.tolist(), gaps.tolist(), strict=True):
            if value != value:
                pen = "M"
                continue
            if gap:
                pen = "M"
            parts.append(f"{pen}{place} {int(value)}")
            pen = "L"
        return "".join(parts)


@dataclass(frozen=True)
class RecordingPlots:
    """Plots of a recording.

    Attributes:
        duration: Duration of all of them [s].
        compared: Name of what the control values are compared with; empty for nothing.
        wide: States of the face, and the control error where there is one.
        controls: Each control.
    """

    duration: float
    compared: str
    wide: Sequence[Plot]
    controls: Sequence[Plot]


def recording_plots(result: RecordingResult, curves: FrameCurves) -> RecordingPlots | None:
    """Return the plots of a recording, or None where no time passes in it."""
    duration = float(curves.times[-1]) if len(curves) else 0.0
    if duration <= 0.0:
        return None
    off, states = _stretches(result)
    name, errors = frame_errors(curves) or ("", None)
    wide = [_states(result, states, duration)]
    if errors is not None and np.isfinite(errors).any():
        top = float(np.nanmax(errors)) * 1.05 or 1.0
        title, note = f"Control error ({name})", f"mean {np.nanmean(errors):.4f}"
        line = Line("own", curves.times, errors)
        wide.append(Plot(title, note, "plain wide", duration, 0.0, top, [line], off))
    figures = None if result.figures is None else result.figures.errors.get(name)
    plots = []
    for group in Group:
        for index in controls.group_indices(group):
            control = controls.CONTROLS[index]
            lines = [Line("own", curves.times, curves.values[:, index])]
            if name:
                other = curves.references[name][:, index]
                lines.append(Line("other", curves.times, other))
            error = None
            if figures is not None and name and np.isfinite(other).any():
                error = figures.controls.get(control.name)
            unit = "rad" if control.unit is Unit.RADIAN else ""
            note = ", ".join(filter(None, (unit, "" if error is None else f"error {error:.4f}")))
            low, high = ends(lines)
            zero = control.neutral if low <= control.neutral <= high else None
            plots.append(
                Plot(control.name, note, str(group), duration, low, high, lines, off, zero)
            )
    return RecordingPlots(duration, name, wide, plots)


def control_bars(
    groups: Callable[[str], float | None], values: Callable[[str], float | None]
) -> ControlBars:
    """Return bars for all controls; a group without a value is left out.

    Args:
        groups: Returns the value of a group.
        values: Returns the value of a control.
    """
    bars: ControlBars = []
    for group in Group:
        value = groups(group)
        if value is not None:
            names = [controls.NAMES[index] for index in controls.group_indices(group)]
            bars.append((str(group), value, [(name, values(name)) for name in names]))
    return bars


def ends(lines: Sequence[Line]) -> tuple[float, float]:
    """Return the lowest and highest value of a plot of some lines, with some room."""
    finite = [line.values[np.isfinite(line.values)] for line in lines]
    low = float(min(one.min() for one in finite if len(one)))
    high = float(max(one.max() for one in finite if len(one)))
    room = max(_LEAST - (high - low), 0.06 * (high - low)) / 2.0
    return low - room, high + room


def _stretches(result: RecordingResult) -> tuple[list[Stretch], list[Stretch]]:
    """Return when the robot does not follow, and what is shown in its stead."""
    off, states = [], []
    for begin, end, face, control in () if result.figures is None else result.figures.states:
        if control != ControlState.TRACKING:
            off.append(Stretch(begin, end, "off"))
        if face == FaceState.LOST:
            kind = "lost"
        else:
            kind = "on" if control == ControlState.TRACKING else "held"
        states.append(Stretch(begin, end, kind))
    return off, states


def _states(result: RecordingResult, states: Sequence[Stretch], duration: float) -> Plot:
    tracking = None if result.figures is None else result.figures.tracking
    note = ""
    if tracking is not None and tracking.face_share is not None:
        neutral = tracking.neutral_known_after_s
        known = "never" if neutral is None else f"after {neutral:.1f} s"
        note = f"face found in {tracking.face_share:.1%}, neutral face known {known}"
    return Plot("Face", note, "plain band", duration, 0.0, 1.0, stretches=states, has_axis=False)


def _thinned(times: Array, values: Array) -> tuple[Array, Array]:
    if len(values) <= _MOST_POINTS:
        return times, values
    # A row for each stretch; they are of one length, or shorter by one.
    count = _MOST_POINTS // 2
    shorter, longer = divmod(len(values), count)
    lengths = shorter + (np.arange(count) < longer)
    places = (np.cumsum(lengths) - lengths)[:, None] + np.arange(shorter + 1)
    inside = np.arange(shorter + 1) < lengths[:, None]
    stretches = values[np.minimum(places, len(values) - 1)]
    finite = np.isfinite(stretches) & inside
    # A gap stays one.
    gaps = ~np.isfinite(stretches) & inside
    kept = np.zeros(len(values), dtype=bool)
    for wanted, found in (
        (gaps, gaps.argmax(axis=1)),
        (finite, np.where(finite, stretches, np.inf).argmin(axis=1)),
        (finite, np.where(finite, stretches, -np.inf).argmax(axis=1)),
    ):
        kept[places[np.arange(count), found][wanted.any(axis=1)]] = True
    return times[kept], values[kept]
