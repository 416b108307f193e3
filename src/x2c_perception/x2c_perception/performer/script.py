# SPDX-License-Identifier: Apache-2.0
"""Script of the built-in performer: the ground truth of its video."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from x2c_core.arrays import Array
from x2c_core.easing import minimum_jerk

FRAME_RATE = 30
VIDEO_SIZE = (640, 480)
"""Width and height [px]."""
DURATION = 25.0
"""Length of the performance [s]; it loops, for it ends as it begins."""

CHANNELS: dict[str, tuple[float, float]] = {
    "eye_closed_left": (0.0, 1.0),
    "eye_closed_right": (0.0, 1.0),
    "brow_raise_left": (-1.0, 1.0),
    "brow_raise_right": (-1.0, 1.0),
    "smile": (-1.0, 1.0),
    "mouth_open": (0.0, 1.0),
    "mouth_width": (-1.0, 1.0),
    "jaw_yaw": (-1.0, 1.0),
    "gaze_yaw": (-0.5, 0.5),
    "gaze_pitch": (-0.4, 0.4),
    "head_yaw": (-0.4, 0.4),
    "head_pitch": (-0.3, 0.3),
    "head_roll": (-0.3, 0.3),
}
"""Name and range of every channel [1; rad for gaze and head]; left and right are the own ones."""


@dataclass(frozen=True)
class Key:
    """One movement: ease to a peak, hold it, ease back.

    Attributes:
        start: Start [s].
        peak: Channel values at the peak [1 or rad].
        rise: Time to the peak [s].
        hold: Time at the peak [s].
        fall: Time back to rest [s].
        label: Expression that a viewer should see at the peak; empty for small movements.
    """

    start: float
    peak: dict[str, float]
    rise: float = 0.35
    hold: float = 0.4
    fall: float = 0.35
    label: str = field(default="")

    @property
    def peak_time(self) -> float:
        """Middle of the hold [s]."""
        return self.start + self.rise + self.hold / 2.0

    def weight(self, time: Array) -> Array:
        """Return the share (n,) of the peak at each time (n,) [s]: 0 at rest, 1 at the peak."""
        up = minimum_jerk((time - self.start) / self.rise)
        down = minimum_jerk((time - self.start - self.rise - self.hold) / self.fall)
        return up - down


def _both(name: str, value: float) -> dict[str, float]:
    return {f"{name}_left": value, f"{name}_right": value}


def _blink(start: float) -> Key:
    return Key(start, _both("eye_closed", 1.0), rise=0.12, hold=0.05, fall=0.17)


SCRIPT: tuple[Key, ...] = (
    _blink(0.9),
    Key(1.5, {"smile": 0.5}, 0.4, 0.4, 0.4, label="smile, lips closed"),
    Key(2.9, {"smile": 1.0}, 0.45, 0.6, 0.5, label="broad smile"),
    Key(4.6, {"eye_closed_left": 1.0, "smile": 0.25}, 0.2, 0.25, 0.25, label="wink left"),
    Key(5.5, {"eye_closed_right": 1.0, "smile": 0.25}, 0.2, 0.25, 0.25, label="wink right"),
    Key(6.4, _both("brow_raise", 1.0), 0.3, 0.3, 0.3, label="brows up"),
    Key(7.4, {"brow_raise_left": 1.0, "head_roll": -0.06}, 0.3, 0.3, 0.3, label="left brow up"),
    Key(8.3, {"brow_raise_right": 1.0, "head_roll": 0.06}, 0.3, 0.3, 0.3, label="right brow up"),
    Key(9.3, {**_both("brow_raise", -1.0), "smile": -0.3}, 0.35, 0.4, 0.35, label="frown"),
    _blink(10.35),
    Key(10.8, {"mouth_open": 1.0}, 0.4, 0.35, 0.4, label="mouth open"),
    Key(12.1, {"jaw_yaw": 1.0, "mouth_open": 0.12}, 0.3, 0.25, 0.3, label="jaw to the left"),
    Key(13.0, {"jaw_yaw": -1.0, "mouth_open": 0.12}, 0.3, 0.25, 0.3, label="jaw to the right"),
    Key(13.95, {"mouth_width": -1.0}, 0.35, 0.35, 0.35, label="pucker"),
    Key(15.05, {"mouth_width": 0.8}, 0.3, 0.25, 0.3, label="lips wide"),
    Key(
        15.95,
        {"smile": -1.0, **_both("brow_raise", 0.3)},
        *(0.45, 0.4, 0.4),
        label="sad",
    ),
    Key(
        17.3,
        {**_both("brow_raise", 1.0), "mouth_open": 0.7},
        *(0.25, 0.4, 0.4),
        label="surprise",
    ),
    Key(18.45, {"gaze_yaw": 0.45}, 0.15, 0.3, 0.15, label="gaze left"),
    Key(19.0, {"gaze_yaw": -0.45}, 0.18, 0.3, 0.15, label="gaze right"),
    Key(19.6, {"gaze_pitch": 0.36}, 0.15, 0.3, 0.15, label="gaze up"),
    Key(20.30, {"gaze_pitch": -0.36}, 0.15, 0.3, 0.15, label="gaze down"),
    _blink(21.55),
    Key(21.70, {"head_yaw": 0.3, "gaze_yaw": 0.1}, 0.4, 0.15, 0.45, label="head left"),
    Key(22.25, {"head_yaw": -0.3, "gaze_yaw": -0.1}, 0.45, 0.15, 0.4, label="head right"),
    Key(23.00, {"head_pitch": 0.22}, 0.3, 0.1, 0.3, label="nod down"),
    Key(23.35, {"head_pitch": -0.2}, 0.3, 0.1, 0.3, label="nod up"),
    Key(23.80, {"head_roll": 0.25}, 0.3, 0.1, 0.3, label="tilt right"),
    Key(24.15, {"head_roll": -0.25}, 0.3, 0.1, 0.35, label="tilt left"),
)
"""The performance; movements of one channel add up where they overlap."""

# Idle movement: (channel, amplitude, cycles per performance). Whole cycles loop without a jump.
_IDLE: Sequence[tuple[str, float, int]] = (
    ("head_yaw", 0.018, 5),
    ("head_pitch", 0.008, 7),
    ("head_roll", 0.010, 4),
    ("head_yaw", 0.006, 11),
)


def frame_times() -> Array:
    """Return the time (n,) [s] of every frame of the performance."""
    return np.arange(round(DURATION * FRAME_RATE)) / FRAME_RATE


def performance(time: ArrayLike) -> dict[str, Array]:
    """Return every channel's values (n,) [1 or rad] at times (n,) [s], which wrap around."""
    now = np.mod(np.atleast_1d(np.asarray(time, dtype=np.float64)), DURATION)
    values = {name: np.zeros_like(now) for name in CHANNELS}
    for key in SCRIPT:
        weight = key.weight(now)
        for name, peak in key.peak.items():
            values[name] += peak * weight
    for name, amplitude, cycles in _IDLE:
        values[name] += amplitude * np.sin(2.0 * np.pi * cycles * now / DURATION)
    return {name: np.clip(values[name], *limits) for name, limits in CHANNELS.items()}
