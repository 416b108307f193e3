# SPDX-License-Identifier: Apache-2.0
"""Lines, bands and bars as pieces of a page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

import numpy as np

from x2c_core.arrays import Array

WIDTH, HEIGHT = 2000, 200
"""Of every plot's own coordinates; the page stretches them."""

_MOST_POINTS = 700
"""A longer line is drawn by the least and the greatest value of each stretch."""

_PAUSE = 10.0
"""A line ends where nothing comes for so many usual steps."""


def path(times: Array, values: Array, duration: float, low: float, high: float) -> str:
    """Return the "d" of a line through values (n,) over times (n,) [s].

    It has gaps at NaN, and where nothing came for long.
    """
    pause = _PAUSE * float(np.median(np.diff(times))) if len(times) > 1 else 0.0
    times, values = _thinned(times, values)
    gaps = np.concatenate([[False], np.diff(times) > max(pause, duration / 100.0)])
    x = np.rint(times / max(duration, 1e-9) * WIDTH).astype(int)
    with np.errstate(invalid="ignore"):
        y = np.rint((high - values) / (high - low) * HEIGHT).clip(-HEIGHT, 2 * HEIGHT)
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


def plot(
    title: str,
    said: str,
    kind: str,
    lines: Sequence[tuple[str, str]],
    ends: tuple[float, float],
    duration: float,
    shades: Iterable[tuple[float, float, str]] = (),
    zero: float | None = None,
) -> str:
    """Return a plot.

    Args:
        title: Title of the chart.
        said: Text in its corner.
        kind: Classes of the plot: its group gives the colour.
        lines: (class, path) of each line, the last on top.
        ends: Lowest and highest value.
        duration: Duration of the axis [s].
        shades: (begin [s], end [s], class) of stretches that are shaded.
        zero: Value at which a line goes across; None for none.
    """
    low, high = ends
    inner = shaded(shades, duration)
    if zero is not None:
        y = round((high - zero) / (high - low) * HEIGHT)
        inner += f'<line class="zero" x1="0" x2="{WIDTH}" y1="{y}" y2="{y}"/>'
    inner += "".join(f'<path class="{name}" d="{line}"/>' for name, line in lines)
    inner += f'<line class="cross" x1="0" x2="0" y1="0" y2="{HEIGHT}"/>'
    return (
        f'<div class="card plot {kind}" data-low="{low:.6g}" data-high="{high:.6g}">'
        f"<header><b>{escape(title)}</b><span>{escape(said)}</span></header>"
        f'<div class="area"><svg viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" '
        f'role="img" aria-label="{escape(title)} over time">{inner}</svg>'
        f'<span class="y top">{short(high)}</span><span class="y bottom">{short(low)}</span></div>'
        f'<div class="ends"><span>0 s</span><span>{duration:.1f} s</span></div></div>'
    )


def shaded(stretches: Iterable[tuple[float, float, str]], duration: float) -> str:
    """Return rectangles for stretches of time: (begin [s], end [s], class)."""
    scale = WIDTH / max(duration, 1e-9)
    return "".join(
        f'<rect class="{name}" x="{begin * scale:.0f}" y="0" '
        f'width="{max((min(end, duration) - begin) * scale, 1):.0f}" height="{HEIGHT}"/>'
        for begin, end, name in stretches
    )


def bar(name: str, value: float | None, most: float, text: str, kind: str) -> str:
    """Return a bar with its name and number."""
    share = 0.0 if value is None or most <= 0.0 else min(max(value / most, 0.0), 1.0)
    return (
        f'<div class="bar {kind}"><span>{escape(name)}</span>'
        f'<i style="width:{share * 100:.1f}%"></i><em>{escape(text)}</em></div>'
    )


def short(number: float) -> str:
    """Return a number for the end of an axis."""
    text = f"{number:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("", "-0") else text


def _thinned(times: Array, values: Array) -> tuple[Array, Array]:
    if len(values) <= _MOST_POINTS:
        return times, values
    buckets = np.array_split(np.arange(len(values)), _MOST_POINTS // 2)
    kept: list[int] = []
    for bucket in buckets:
        finite = bucket[np.isfinite(values[bucket])]
        if len(finite) < len(bucket):
            # A gap stays one.
            kept.append(int(bucket[~np.isfinite(values[bucket])][0]))
        if len(finite):
            kept += [int(finite[values[finite].argmin()]), int(finite[values[finite].argmax()])]
    places = np.unique(kept)
    return times[places], values[places]
