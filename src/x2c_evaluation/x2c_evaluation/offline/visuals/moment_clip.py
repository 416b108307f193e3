# SPDX-License-Identifier: Apache-2.0
"""A video clip of the seconds around a moment: person, robot, and the curve that went wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from x2c_core.arrays import Array, ImageArray
from x2c_core.control_space import controls
from x2c_core.images import theme
from x2c_core.images.theme import fill, put_text
from x2c_core.images.video_writer import encode_clip
from x2c_evaluation.offline.results.key_frames import KeyFrame
from x2c_evaluation.offline.visuals.curve_panel import ControlCurve, CurvePanel
from x2c_evaluation.offline.visuals.studio import Drawing, RobotStudio
from x2c_evaluation.pipeline.frame_curves import FrameCurves
from x2c_evaluation.run_report.panels import fit_image

MOST_CLIPS = 6
"""Most clips of a recording."""

SECONDS = 2.0
"""Length of a clip [s]."""

_RATE = 20.0
"""Most images a second."""
_FEWEST = 4
"""Fewer images than these are no clip."""
_WIDTH = 640
_GAP = 4
_CURVE = 112
_LETTERS = 18
_OWN = "#f2a154"


@dataclass(frozen=True)
class MomentClip:
    """The seconds around a key frame.

    Attributes:
        key: The key frame.
        curves: Curves of all frames.
        places: Indices among the curves of the frames shown.
    """

    key: KeyFrame
    curves: FrameCurves
    places: tuple[int, ...]

    @property
    def frames(self) -> set[int]:
        """Indices in the recording of the frames shown."""
        return set(self.curves.index[list(self.places)].tolist())

    @property
    def side(self) -> int:
        """Width and height of the images of person and robot [pixel]."""
        columns = 3 if self.key.reference else 2
        return (_WIDTH - (columns + 1) * _GAP) // columns // 2 * 2

    def draw(self, studio: RobotStudio) -> list[list[Drawing | None]]:
        """Have the robot drawn for each frame: with its values, and with the reference's if any.

        Args:
            studio: Draws the robot.
        """
        shown = [self.curves.values]
        if self.key.reference:
            shown.append(self.curves.references[self.key.reference])
        return [
            [
                studio.draw(values[place], self.side) if np.isfinite(values[place]).all() else None
                for values in shown
            ]
            for place in self.places
        ]

    def encode(
        self, people: Mapping[int, ImageArray], drawn: Sequence[Sequence[Drawing | None]]
    ) -> tuple[bytes, ImageArray]:
        """Return the clip as an MP4 file, and its frame (height, width, 3) at the moment, BGR.

        Args:
            people: Square images of the person by index of the frame.
            drawn: The robot in each frame, from `draw`.

        Raises:
            VideoError: The video cannot be encoded.
        """
        height = 3 * _GAP + self.side + _CURVE
        canvas = np.empty((height, _WIDTH, 3), dtype=np.uint8)
        begin = float(self._times[0])
        poster = canvas

        def frames() -> Iterator[tuple[float, ImageArray]]:
            nonlocal poster
            for place, time, robots in zip(self.places, self._times.tolist(), drawn, strict=True):
                person = people.get(int(self.curves.index[place]))
                images = [None if one is None else one.result() for one in robots]
                self._compose(canvas, time, [person, *images])
                if place == self.key.place:
                    poster = canvas.copy()
                yield time - begin, canvas

        return encode_clip(frames(), _WIDTH, height), poster

    def _compose(
        self, canvas: ImageArray, time: float, images: Sequence[ImageArray | None]
    ) -> None:
        fill(canvas, theme.BACKGROUND)
        shown = zip(("person", "this evaluation", "reference"), images, strict=False)
        for column, (name, image) in enumerate(shown):
            left = _GAP + column * (self.side + _GAP)
            panel = canvas[_GAP : _GAP + self.side, left : left + self.side]
            if image is None:
                fill(panel, theme.PANEL)
            else:
                fit_image(panel, image)
            _caption(panel, name if image is not None else f"no image: {name}")
        below = canvas[2 * _GAP + self.side : -_GAP, _GAP:-_GAP]
        self._panel.draw(below, time, float(self._times[0]), float(self._times[-1]))

    @cached_property
    def _times(self) -> Array:
        return self.curves.times[list(self.places)]

    @cached_property
    def _panel(self) -> CurvePanel:
        control, rows = self.key.worst[0], list(self.places)
        own = ControlCurve("this evaluation", self.curves.values[rows, control], _OWN)
        if self.key.reference:
            others = self.curves.references[self.key.reference][rows, control]
            lines = [ControlCurve("reference", others, theme.TEXT), own]
        else:
            neutral = np.full(len(rows), controls.NEUTRAL[control])
            lines = [ControlCurve("neutral", neutral, theme.FAINT), own]
        return CurvePanel(_WIDTH - 2 * _GAP, _CURVE, control, self._times, lines, _LETTERS)


def choose_clips(chosen: Sequence[KeyFrame], curves: FrameCurves, most: int) -> list[MomentClip]:
    """Return clips around the key frames of greatest weight that do not show the same twice.

    Args:
        chosen: Key frames.
        curves: Curves of all frames.
        most: Most clips.
    """
    found: list[MomentClip] = []
    for key in sorted(chosen, key=lambda one: -one.weight):
        if len(found) >= min(most, MOST_CLIPS):
            break
        if all(abs(key.time - clip.key.time) >= SECONDS for clip in found):
            clip = MomentClip(key, curves, _around(key, curves))
            if len(clip.places) >= _FEWEST:
                found.append(clip)
    return found


def _around(key: KeyFrame, curves: FrameCurves) -> tuple[int, ...]:
    """Return the places of the frames around a key frame, thinned to the rate of a clip."""
    times = curves.times
    first, last = np.searchsorted(times, key.time + np.array([-0.5, 0.5]) * SECONDS)
    step = max(round(1.0 / (_RATE * curves.period)), 1) if curves.period else 1
    if curves.period and step * curves.period < 1.0 / _RATE - 1e-3:
        step += 1
    begin = key.place - (key.place - int(first)) // step * step
    places = np.arange(begin, int(last), step)
    # Where stamps repeat, a video has no two images of the same time.
    rising = np.concatenate([[True], np.diff(times[places]) > 1e-3])
    return tuple(places[rising].tolist())


def _caption(panel: ImageArray, text: str) -> None:
    base = panel.shape[0] - _LETTERS // 2
    put_text(panel, text, 10, base + 1, _LETTERS, "#000000")
    put_text(panel, text, 9, base, _LETTERS, theme.TEXT)
