# SPDX-License-Identifier: Apache-2.0
"""Film of two evaluations of a recording: the person, both robots, and where they differ."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from x2c_core.arrays import ImageArray
from x2c_core.control_space.control_error import absolute_errors
from x2c_core.errors import X2CError
from x2c_core.files.issues import Issues
from x2c_core.images import theme
from x2c_core.images.orientation import turned
from x2c_core.images.theme import fill, put_text, text_width
from x2c_core.images.video_writer import encoding
from x2c_core.robot.robot import Robot
from x2c_core.robot.robot_file import load_robot
from x2c_evaluation.errors import EvaluationError
from x2c_evaluation.offline.results.comparison import Comparison, ComparisonSide
from x2c_evaluation.offline.results.layout import FRAMES, RECORDINGS, SOURCE
from x2c_evaluation.offline.sources.choice import open_frames
from x2c_evaluation.offline.visuals.curve_panel import ControlCurve, CurvePanel
from x2c_evaluation.offline.visuals.key_images import square
from x2c_evaluation.offline.visuals.robot_artist import RobotArtist
from x2c_evaluation.pipeline.frame_curves import FrameCurves, read_curves
from x2c_evaluation.run_report.composer import HEIGHT, WIDTH
from x2c_evaluation.run_report.panels import show_message
from x2c_node.robots import find_robot

_HEADER = 52
_GAP = 8
_SIDE = (WIDTH - 4 * _GAP) // 3
_SAMPLES = 4
_WINDOW = 6.0
"""Time that the curves show [s]."""
_ROWS, _COLUMNS = 2, 3
_COLOURS = "#7ba2f5", "#f2a154"
"""Of A and B."""
_STAND_IN = "virtual"
_MOVING = ("bag", "video")
"""Kinds of recordings whose frames follow each other."""


def film_recording(comparison: Comparison, wanted: str = "") -> str:
    """Return the name of the recording that a film shows.

    Args:
        comparison: Comparison of two evaluations.
        wanted: Name that the user gave; empty for the recording that differs most.

    Raises:
        EvaluationError: There is no such recording in both, or none with frames to compare.
    """
    known = comparison.differences
    if not known:
        raise EvaluationError(
            "no film: the two evaluations have no recording with frames of the same stamp in "
            "which both follow a person"
        )
    name = wanted or max(known, key=lambda one: known[one].mean)
    if name not in known:
        raise EvaluationError(f"no film of {name!r}; recordings in both: {', '.join(known)}")
    kind = comparison.first.recordings[name].source.kind
    if kind not in _MOVING:
        raise EvaluationError(f"no film of {name!r}: it is {kind}, whose images have no order")
    return name


def write_comparison_film(
    comparison: Comparison,
    name: str,
    out: Path,
    issues: Issues,
    progress: Callable[[int], None] = lambda done: None,
) -> int:
    """Write a film of a recording that both evaluations have, and return how many frames it has.

    Args:
        comparison: Comparison of two evaluations.
        name: Name of the recording, from `film_recording`.
        out: Video to write; one that exists is replaced.
        issues: Takes what cannot be shown.
        progress: Called with the number of frames written.

    Raises:
        EvaluationError: The evaluations cannot be read.
        VideoError: The film cannot be written.
    """
    sides = comparison.first, comparison.second
    a, b = (read_curves(side.folder / FRAMES / f"{name}.parquet") for side in sides)
    frames = _Frames.of(a, b)
    controls_shown = _most_different(comparison.differences[name].by_control)
    with ExitStack() as opened:
        artists = [
            opened.enter_context(RobotArtist(_robot(side, issues), _SIDE, issues, _SAMPLES))
            for side in sides
        ]
        people = _People(comparison.first, name, frames.index.tolist(), issues)
        composer = _Composer(comparison, name, frames, controls_shown)
        encoder = opened.enter_context(encoding(out, WIDTH, HEIGHT))
        for place in range(len(frames.times)):
            robots = [
                artist.draw(values[place])
                for artist, values in zip(artists, frames.values, strict=True)
            ]
            person = people.at(int(frames.index[place]))
            image = composer.frame(place, person, robots)
            encoder.write(image, float(frames.times[place] - frames.times[0]))
            progress(place + 1)
    return len(frames.times)


@dataclass(frozen=True)
class _Frames:
    """The frames of the same stamp in both evaluations.

    Attributes:
        index: (n,) index in the recording.
        times: (n,) time since the beginning [s].
        values: Control values (n, 30) of A and B.
    """

    index: NDArray[np.int64]
    times: NDArray[np.float64]
    values: tuple[NDArray[np.float64], NDArray[np.float64]]

    @classmethod
    def of(cls, a: FrameCurves, b: FrameCurves) -> _Frames:
        _, left, right = np.intersect1d(a.stamps, b.stamps, return_indices=True)
        order = np.argsort(left, kind="stable")
        left, right = left[order], right[order]
        times = a.times[left]
        rising = np.concatenate([[True], np.diff(times) > 1e-3])
        left, right = left[rising], right[rising]
        return cls(a.index[left], a.times[left], (a.values[left], b.values[right]))


class _People:
    """The person's images, one after the other; the last one stays where one is missing."""

    def __init__(
        self, side: ComparisonSide, name: str, wanted: Collection[int], issues: Issues
    ) -> None:
        result = side.recordings[name]
        self._turn = 0 if result.figures is None else result.figures.tracking.rotation
        self._shown: ImageArray | None = None
        self._images: Iterator[tuple[int, ImageArray]] = iter(())
        path = side.folder / RECORDINGS / name / SOURCE
        try:
            text = path.read_text(encoding="utf-8", errors="surrogateescape")
            self._images = open_frames(text, result.source.topic).selected(wanted)
        except (X2CError, OSError) as error:
            issues.once(f"there are no images of the person: {error}", loss=False)
        self._next = next(self._images, None)

    def at(self, index: int) -> ImageArray | None:
        """Return the image of a frame, a square; indices only grow."""
        while self._next is not None and self._next[0] <= index:
            self._shown = square(turned(self._next[1], self._turn), _SIDE)
            self._next = next(self._images, None)
        return self._shown


class _Composer:
    """Draw the frames of a film."""

    def __init__(
        self, comparison: Comparison, name: str, frames: _Frames, shown: Sequence[int]
    ) -> None:
        self._frames = frames
        self._names = [
            f"{letter}: {side.folder.resolve().name} ({side.report.settings.backend})"
            for letter, side in zip("AB", (comparison.first, comparison.second), strict=True)
        ]
        self._errors = absolute_errors(frames.values[1], frames.values[0])
        self._canvas = np.empty((HEIGHT, WIDTH, 3), dtype=np.uint8)
        fill(self._canvas, theme.BACKGROUND)
        put_text(self._canvas, name, 2 * _GAP, 34, 24, theme.TEXT)
        put_text(
            self._canvas,
            "the controls that differ most",
            2 * _GAP + text_width(name, 24) + 18,
            34,
            16,
            theme.FAINT,
        )
        self._ground = self._canvas[:_HEADER].copy()
        top = _HEADER + _SIDE + _GAP
        self._height = (HEIGHT - top - _ROWS * _GAP) // _ROWS
        self._cells = [
            (top + row * (self._height + _GAP), _GAP + column * (_SIDE + _GAP))
            for row in range(_ROWS)
            for column in range(_COLUMNS)
        ]
        self._panels = [
            CurvePanel(
                _SIDE,
                self._height,
                control,
                frames.times,
                [
                    ControlCurve(letter, values[:, control], colour)
                    for letter, values, colour in zip("AB", frames.values, _COLOURS, strict=True)
                ],
            )
            for control in shown
        ]

    def frame(
        self, place: int, person: ImageArray | None, robots: Sequence[ImageArray | None]
    ) -> ImageArray:
        """Return the frame (height, width, 3), BGR; the next call overwrites it."""
        self._draw_header(place)
        texts = ("person", theme.TEXT), *zip(self._names, _COLOURS, strict=True)
        shown = zip((person, *robots), texts, strict=True)
        for column, (image, (text, colour)) in enumerate(shown):
            left = _GAP + column * (_SIDE + _GAP)
            panel = self._canvas[_HEADER : _HEADER + _SIDE, left : left + _SIDE]
            if image is None:
                show_message(panel, "no image")
            else:
                panel[:] = image
            put_text(panel, text, 11, _SIDE - 10, 15, "#000000")
            put_text(panel, text, 10, _SIDE - 11, 15, colour)
        times = self._frames.times
        now = float(times[place])
        last = max(float(times[-1]) - _WINDOW, float(times[0]))
        begin = min(max(now - _WINDOW / 2.0, float(times[0])), last)
        for (top, left), curves in zip(self._cells, self._panels, strict=False):
            cell = self._canvas[top : top + self._height, left : left + _SIDE]
            curves.draw(cell, now, begin, begin + _WINDOW)
        return self._canvas

    def _draw_header(self, place: int) -> None:
        header = self._canvas[:_HEADER]
        header[:] = self._ground
        seconds = float(self._frames.times[place] - self._frames.times[0])
        minutes, rest = divmod(seconds, 60.0)
        right = WIDTH - 2 * _GAP
        put_text(header, f"{int(minutes):02d}:{rest:05.2f}", right, 33, 16, theme.TEXT, "right")
        text = f"difference {np.nanmean(self._errors[place]):.3f}"
        put_text(header, text, right - 96, 33, 16, theme.FAINT, "right")


def _most_different(by_control: NDArray[np.float64]) -> list[int]:
    """Return the indices of the controls that differ most, the first most of all."""
    order = np.argsort(-np.nan_to_num(by_control, nan=-1.0), kind="stable")
    return [int(index) for index in order[: _ROWS * _COLUMNS]]


def _robot(side: ComparisonSide, issues: Issues) -> Robot:
    """Return the robot of an evaluation; the virtual one where it is not installed."""
    name = side.report.settings.robot
    try:
        return load_robot(find_robot(name))
    except X2CError as error:
        issues.once(f"the film shows the virtual robot: {error}", loss=False)
        return load_robot(find_robot(_STAND_IN))
