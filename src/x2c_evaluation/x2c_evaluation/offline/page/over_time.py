# SPDX-License-Identifier: Apache-2.0
"""A recording over time: states, errors, and each control against what it is compared with."""

from __future__ import annotations

import numpy as np

from x2c_core.arrays import Array
from x2c_core.control_space import controls
from x2c_core.control_space.controls import Group, Unit
from x2c_core.face.frames import ControlState, FaceState
from x2c_evaluation.offline.page.charts import path, plot
from x2c_evaluation.offline.results.key_frames import frame_errors
from x2c_evaluation.offline.results.result import RecordingResult
from x2c_evaluation.pipeline.frame_curves import FrameCurves

Shades = list[tuple[float, float, str]]

_LEAST = 0.1
"""Of what a plot spans, lest noise fills it."""


def over_time(result: RecordingResult, curves: FrameCurves) -> str:
    """Return the plots of a recording."""
    times, duration = curves.times, float(curves.times[-1])
    if duration <= 0.0:
        return ""
    off, states = _shades(result)
    compared = frame_errors(curves)
    parts = [_states(result, states, duration)]
    if compared is not None and np.isfinite(compared[1]).any():
        name, errors = compared
        top = float(np.nanmax(errors)) * 1.05 or 1.0
        lines = [("own", path(times, errors, duration, 0.0, top))]
        mean = f"mean {np.nanmean(errors):.4f}"
        title = f"Control error ({name})"
        parts.append(plot(title, mean, "plain wide", lines, (0.0, top), duration, off))
    faces = (
        '<div class="legend plain"><span class="on">the robot follows</span><span class="held">'
        'held, neutral, or not calibrated yet</span><span class="lost">no face</span></div>'
    )
    legend = '<div class="legend plain"><span>this evaluation</span>'
    if compared is not None:
        legend += f'<span class="other">{compared[0]}</span>'
    legend += '<span class="off">the robot does not follow</span></div>'
    plots = "".join(_group(result, curves, group, off, compared) for group in Group)
    return (
        f'<section data-duration="{duration:.6g}"><h3>Over time <small>point at a plot to read '
        f"all of them at that moment</small></h3>{faces}{''.join(parts)}<h3>Controls</h3>{legend}"
        f'<div class="plots">{plots}</div></section>'
    )


def _group(
    result: RecordingResult,
    curves: FrameCurves,
    group: Group,
    off: Shades,
    compared: tuple[str, Array] | None,
) -> str:
    times, duration = curves.times, float(curves.times[-1])
    made = []
    for place in controls.group_indices(group):
        control = controls.CONTROLS[place]
        own = curves.values[:, place]
        other = None if compared is None else curves.references[compared[0]][:, place]
        if other is None or not np.isfinite(other).any():
            every, error = own, None
        else:
            every = np.concatenate([own, other[np.isfinite(other)]])
            errors = (
                None
                if compared is None or result.figures is None
                else (result.figures.errors.get(compared[0]))
            )
            error = None if errors is None else errors.controls.get(control.name)
        ends = _ends(every)
        lines = [("own", path(times, own, duration, *ends))]
        if other is not None:
            lines.append(("other", path(times, other, duration, *ends)))
        unit = "rad" if control.unit is Unit.RADIAN else ""
        said = ", ".join(filter(None, (unit, "" if error is None else f"error {error:.4f}")))
        zero = control.neutral if ends[0] <= control.neutral <= ends[1] else None
        made.append(plot(control.name, said, str(group), lines, ends, duration, off, zero))
    return "".join(made)


def _ends(values: Array) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    room = max(_LEAST - (high - low), 0.06 * (high - low)) / 2.0
    return low - room, high + room


def _shades(result: RecordingResult) -> tuple[Shades, Shades]:
    """Return when the robot does not follow, and what is shown in its stead."""
    off: Shades = []
    states: Shades = []
    for begin, end, face, control in () if result.figures is None else result.figures.states:
        if control != ControlState.TRACKING:
            off.append((begin, end, "off"))
        if face == FaceState.LOST:
            states.append((begin, end, "lost"))
        elif control != ControlState.TRACKING:
            states.append((begin, end, "held"))
        else:
            states.append((begin, end, "on"))
    return off, states


def _states(result: RecordingResult, states: Shades, duration: float) -> str:
    tracking = None if result.figures is None else result.figures.tracking
    share = None if tracking is None else tracking.face_share
    neutral = None if tracking is None else tracking.neutral_known_after_s
    known = "never" if neutral is None else f"after {neutral:.1f} s"
    said = f"face found in {share:.1%}, neutral face known {known}" if share is not None else ""
    made = plot("Face", said, "plain band", [], (0.0, 1.0), duration, states)
    # The ends of an axis say nothing here, and there is no value to read.
    return made.replace(' data-low="0" data-high="1"', "").replace(
        '<span class="y top">1</span><span class="y bottom">0</span>', ""
    )
