# SPDX-License-Identifier: Apache-2.0
"""Peaks of the animations that are played: basic emotions and beyond, as deflections."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from x2c_core.arrays import Array
from x2c_core.control_space import controls
from x2c_core.control_space.expressions import EXPRESSIONS, both

_BEYOND: Mapping[str, Mapping[str, float]] = {
    "contempt": {
        **both(eyelid_upper=-0.15, brow_inner=-0.2, head_pitch=-0.2),
        "Lip Corner Raise Left": 0.7,
        "Lip Corner Stretch Left": 0.4,
    },
    "doubt": {
        **both(lip_corner_raise=-0.3, lip_bottom_curl=0.3, eyelid_lower=-0.2),
        "Brow Inner Left": 0.8,
        "Brow Outer Left": 1.0,
        "Brow Inner Right": -0.6,
        "Brow Outer Right": -0.3,
    },
    "boredom": both(
        eyelid_upper=-0.28, brow_inner=-0.1, lip_corner_raise=-0.35, gaze_target_theta=-0.15
    ),
    "concentration": both(
        brow_inner=-0.7,
        brow_outer=-0.3,
        eyelid_lower=-0.4,
        lip_top_curl=-0.5,
        lip_bottom_curl=-0.5,
    ),
    "pain": both(
        brow_inner=0.5,
        brow_outer=-0.7,
        eyelid_upper=-0.45,
        eyelid_lower=-0.8,
        nose_wrinkle=0.8,
        lip_corner_stretch=0.9,
        lip_top_raise=0.7,
        lip_bottom_depress=0.5,
    ),
    "awe": both(brow_inner=0.7, brow_outer=0.8, eyelid_upper=0.6, jaw_pitch=-0.35),
    "pout": both(
        brow_inner=-0.5, lip_bottom_curl=1.0, lip_corner_raise=-0.6, lip_corner_stretch=-0.3
    ),
    "yawn": both(
        jaw_pitch=-0.95,
        eyelid_upper=-0.45,
        eyelid_lower=-0.5,
        brow_inner=0.4,
        brow_outer=0.3,
        head_pitch=-0.4,
    ),
    "shout": both(
        jaw_pitch=-0.85,
        lip_top_raise=0.8,
        lip_bottom_depress=0.8,
        lip_corner_stretch=0.5,
        brow_inner=-0.8,
        brow_outer=-0.3,
        nose_wrinkle=0.6,
    ),
    "squint": both(eyelid_upper=-0.25, eyelid_lower=-0.9, brow_inner=-0.5, brow_outer=-0.5),
    "relief": both(
        eyelid_upper=-0.5, brow_inner=0.3, lip_corner_raise=0.35, jaw_pitch=-0.12, head_pitch=0.25
    ),
    "smirk": {
        **both(eyelid_lower=-0.2, brow_outer=0.2),
        "Lip Corner Raise Right": 0.8,
        "Lip Corner Stretch Right": 0.6,
    },
    "jaw aside": {**both(jaw_pitch=-0.15, brow_inner=-0.2), "Jaw Yaw": 0.8},
    "snarl": {
        **both(nose_wrinkle=0.7, brow_inner=-0.9, eyelid_lower=-0.4),
        "Lip Top Raise Left": 1.0,
        "Lip Top Raise Middle": 0.5,
    },
}

_SOUNDS: Mapping[str, Mapping[str, float]] = {
    "a": both(jaw_pitch=-0.55, lip_bottom_depress=0.3),
    "e": both(jaw_pitch=-0.25, lip_corner_stretch=0.5, lip_top_raise=0.3, lip_bottom_depress=0.3),
    "i": both(jaw_pitch=-0.1, lip_corner_stretch=0.8, lip_top_raise=0.3, lip_bottom_depress=0.4),
    "o": both(jaw_pitch=-0.4, lip_corner_stretch=-0.7, lip_top_curl=0.3, lip_bottom_curl=0.3),
    "u": both(jaw_pitch=-0.12, lip_corner_stretch=-1.0, lip_top_curl=0.6, lip_bottom_curl=0.6),
    "m": both(lip_top_curl=-0.6, lip_bottom_curl=-0.6),
    "f": both(lip_bottom_curl=-0.9, lip_top_raise=0.3, jaw_pitch=-0.08),
    "l": both(jaw_pitch=-0.3, lip_top_raise=0.2, lip_bottom_depress=0.4),
}


def _poses(named: Mapping[str, Mapping[str, float]]) -> dict[str, Array]:
    poses = {}
    for name, amounts in named.items():
        pose = np.zeros(controls.COUNT)
        for control, amount in amounts.items():
            pose[controls.index(control)] = amount
        pose.setflags(write=False)
        poses[name] = pose
    return poses


EMOTIONS: Mapping[str, Array] = {
    name: pose for name, pose in _poses({**EXPRESSIONS, **_BEYOND}).items() if pose.any()
}
"""Deflections (30,) of whole faces, by name."""

SOUNDS: Mapping[str, Array] = _poses(_SOUNDS)
"""Deflections (30,) of a mouth that speaks, by sound."""
