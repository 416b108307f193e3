# SPDX-License-Identifier: Apache-2.0
"""Named expressions of a whole face, for looking at a robot."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from x2c_core.control_space import controls

Values = NDArray[np.float64]


def both(**deflections: float) -> dict[str, float]:
    """Return deflections by control name, for all sides of the controls that have sides.

    Args:
        deflections: Deflections by slug of a control, without its side.
    """
    by_slug = {control.slug: control.name for control in controls.CONTROLS}
    named = {}
    for slug, deflection in deflections.items():
        for candidate in (slug, f"{slug}_left", f"{slug}_middle", f"{slug}_right"):
            if candidate in by_slug:
                named[by_slug[candidate]] = deflection
    return named


EXPRESSIONS: Mapping[str, Mapping[str, float]] = {
    "neutral": {},
    "smile": both(
        lip_corner_raise=0.8, lip_corner_stretch=0.45, eyelid_lower=-0.35, brow_outer=0.1
    ),
    "laugh": both(
        lip_corner_raise=1.0,
        lip_corner_stretch=0.7,
        eyelid_lower=-0.45,
        lip_top_raise=0.6,
        jaw_pitch=-0.45,
        brow_outer=0.3,
        brow_inner=0.3,
        eyelid_upper=-0.12,
    ),
    "sadness": both(
        brow_inner=1.0,
        brow_outer=-0.6,
        lip_corner_raise=-1.0,
        lip_corner_stretch=0.15,
        eyelid_upper=-0.25,
        head_pitch=0.3,
        lip_bottom_curl=0.3,
        lip_bottom_depress=-0.3,
        gaze_target_theta=-0.3,
    ),
    "surprise": both(brow_inner=1.0, brow_outer=1.0, eyelid_upper=0.9, jaw_pitch=-0.6),
    "anger": both(
        brow_inner=-1.0,
        brow_outer=-0.5,
        eyelid_upper=0.4,
        eyelid_lower=-0.5,
        lip_corner_raise=-0.2,
        lip_corner_stretch=0.4,
        nose_wrinkle=0.8,
        lip_top_raise=0.7,
        lip_bottom_depress=0.9,
        lip_top_curl=-0.3,
        lip_bottom_curl=0.2,
        jaw_pitch=-0.15,
    ),
    "fear": both(
        brow_inner=1.0,
        brow_outer=-0.2,
        eyelid_upper=0.9,
        eyelid_lower=-0.1,
        lip_corner_stretch=0.7,
        lip_corner_raise=-0.7,
        lip_top_raise=0.2,
        lip_bottom_depress=0.9,
        jaw_pitch=-0.15,
    ),
    "disgust": both(
        nose_wrinkle=1.0,
        brow_inner=-0.5,
        brow_outer=-0.3,
        eyelid_upper=-0.22,
        eyelid_lower=-0.6,
        lip_top_raise=1.0,
        lip_bottom_depress=-0.3,
        lip_corner_raise=-0.4,
        lip_bottom_curl=0.5,
    ),
    "kiss": both(lip_corner_stretch=-1.0, lip_top_curl=0.5, lip_bottom_curl=0.5, brow_inner=0.3),
    "grin": both(
        lip_corner_raise=0.6,
        lip_corner_stretch=0.9,
        lip_top_raise=0.9,
        lip_bottom_depress=0.8,
        eyelid_lower=-0.4,
    ),
    "wink": {
        **both(lip_corner_raise=0.5, lip_corner_stretch=0.3),
        "Eyelid Upper Left": -0.55,
        "Eyelid Lower Left": -0.5,
    },
    "sleep": both(eyelid_upper=-0.6, brow_inner=-0.1, head_pitch=0.5, lip_corner_raise=0.1),
}
"""Deflections (as of `controls.from_deflection`) of the controls that are not neutral."""


def values(name: str) -> Values:
    """Return the control values (30,) [ratio or rad] of a named expression."""
    deflection = np.zeros(controls.COUNT)
    for control, amount in EXPRESSIONS[name].items():
        deflection[controls.index(control)] = amount
    return controls.from_deflection(deflection)
