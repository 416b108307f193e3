# SPDX-License-Identifier: Apache-2.0
"""Weights of the bones under the skin for each face landmark.

Every bone has a smooth region. Across the mouth and the eyes, the upper and the lower side are
distinguished by landmark, not by distance.
"""

from __future__ import annotations

import numpy as np

from x2c_core.arrays import Array
from x2c_core.easing import smoothstep
from x2c_core.face import topology
from x2c_virtual_face.head import eyes
from x2c_virtual_face.head.rig import BONES, HEAD_BODY, JAW_BODY
from x2c_virtual_face.head.skin_mesh import control_landmarks

SKIN_BONES: tuple[str, ...] = tuple(
    bone.name
    for bone in BONES
    if bone.name not in ("neck", HEAD_BODY) and not bone.name.startswith(("eye_", "eyelids_"))
)
"""Bones that move skin beside the head, in the order of the columns of `landmark_weights`."""

_ON_JAW = tuple(bone.name for bone in BONES if bone.parent == JAW_BODY)
_MOUTH_LINE = -0.900
_HALF_MOUTH = 0.41


def landmark_weights() -> Array:
    """Return the weights (468, bones); what is missing to 1 in a row follows the head."""
    face = _Face(control_landmarks())
    shares = {**face.lids(), **face.brows(), **face.nose(), **face.lips(), **face.corners()}
    # A bone that rides on the jaw brings the jaw's motion along.
    shares[JAW_BODY] = face.jaw() - np.sum([shares[name] for name in _ON_JAW], axis=0)
    # Vectorised exp differs in the last bit by where its array lies; the model must not.
    return np.asarray(np.round(np.stack([shares[name] for name in SKIN_BONES], axis=1), 6))


class _Face:
    """Landmarks with what the regions are made of."""

    def __init__(self, landmarks: Array) -> None:
        self.landmarks = landmarks
        self.x, self.y, self.z = landmarks.T
        self.across = np.abs(self.y)
        self.upper_lip = self.z > _MOUTH_LINE
        self.upper_lip[topology.LIP_UPPER_INNER] = True
        self.upper_lip[topology.LIP_LOWER_INNER[1:-1]] = False

    def sided(self, name: str, region: Array) -> dict[str, Array]:
        """Cut a symmetric region in two at the middle of the face, softly."""
        left = smoothstep(self.y / 0.16 + 0.5)
        return {f"{name}_left": region * left, f"{name}_right": region * (1.0 - left)}

    def lids(self) -> dict[str, Array]:
        shares = {}
        for side in ("left", "right"):
            upper, lower = eyes.lid_weights(self.landmarks, side)
            shares[f"eyelid_upper_{side}"], shares[f"eyelid_lower_{side}"] = upper, lower
        return shares

    def brows(self) -> dict[str, Array]:
        band = smoothstep((self.z - 0.14) / 0.16) * (1.0 - smoothstep((self.z - 0.40) / 0.42))
        outer = smoothstep((self.across - 0.34) / 0.36)
        temple = 1.0 - smoothstep((self.across - 0.85) / 0.22)
        middle = 0.55 + 0.45 * smoothstep(self.across / 0.2)
        corrugator = np.exp(-(((self.across - 0.26) / 0.20) ** 2) - ((self.z - 0.29) / 0.19) ** 2)
        return {
            **self.sided("corrugator", corrugator),
            **self.sided("brow_inner", band * (1.0 - outer) * middle),
            **self.sided("brow_outer", band * outer * temple),
        }

    def nose(self) -> dict[str, Array]:
        wings = np.exp(-(((self.across - 0.24) / 0.17) ** 2) - ((self.z + 0.42) / 0.20) ** 2)
        wings = wings * (1.0 - smoothstep((self.across - 0.42) / 0.2))
        tip = 0.45 * np.exp(-((self.across / 0.15) ** 2) - ((self.z + 0.45) / 0.15) ** 2)
        lip = 0.42 * np.exp(-((self.across / 0.30) ** 2)) * smoothstep((self.z + 0.98) / 0.12)
        lip = lip * self.upper_lip * (1.0 - smoothstep((self.z + 0.75) / 0.2))
        bridge = np.exp(-((self.across / 0.28) ** 2) - ((self.z - 0.26) / 0.15) ** 2)
        levator = np.exp(-(((self.across - 0.42) / 0.17) ** 2) - ((self.z + 0.44) / 0.19) ** 2)
        return {
            **self.sided("levator", levator),
            "nose_wrinkle": np.maximum(np.maximum(wings, tip), lip),
            "nose_bridge": bridge,
        }

    def lips(self) -> dict[str, Array]:
        taper = 1.0 - np.clip(self.across / _HALF_MOUTH, 0.0, 1.0) ** 3
        # The lips bend back towards the corners, off the line they roll about.
        round_taper = 1.0 - np.clip(self.across / _HALF_MOUTH, 0.0, 1.0) ** 1.6
        above = (1.0 - smoothstep((self.z - _MOUTH_LINE - 0.06) / 0.27)) * self.upper_lip
        below = (1.0 - smoothstep((_MOUTH_LINE - self.z - 0.10) / 0.38)) * ~self.upper_lip
        middle = 1.0 - smoothstep((self.across - 0.02) / 0.20)
        top_red = (1.0 - smoothstep((self.z - _MOUTH_LINE - 0.05) / 0.13)) * self.upper_lip
        bottom_red = (1.0 - smoothstep((_MOUTH_LINE - self.z - 0.07) / 0.15)) * ~self.upper_lip
        top_edge = np.exp(-(((self.z + 0.78) / 0.055) ** 2))
        bottom_edge = np.exp(-(((self.z + 1.05) / 0.075) ** 2))
        pucker = np.exp(-((self.across / 0.30) ** 2) - ((self.z + 0.92) / 0.20) ** 2)
        return {
            "lip_top_raise_middle": above * middle * taper,
            **self.sided("lip_top_raise", above * (1.0 - middle) * taper),
            "lip_bottom_depress_middle": below * middle * taper,
            **self.sided("lip_bottom_depress", below * (1.0 - middle) * taper),
            "lip_top_curl": top_red * round_taper,
            "lip_bottom_curl": bottom_red * round_taper,
            "lip_top_edge": top_edge * self.upper_lip * taper,
            "lip_bottom_edge": bottom_edge * ~self.upper_lip * taper,
            **self.sided("pucker", pucker),
        }

    def corners(self) -> dict[str, Array]:
        outside = np.maximum(self.across - _HALF_MOUTH, 0.0)
        off_line = self.z - (_MOUTH_LINE - 0.015)
        near = np.exp(
            -((outside / 0.30) ** 2) - (off_line / np.where(off_line > 0, 0.30, 0.24)) ** 2
        )
        along = np.clip(self.across / _HALF_MOUTH, 0.0, 1.0)
        cheek = np.exp(-(((self.across - 0.66) / 0.24) ** 2) - ((self.z + 0.42) / 0.22) ** 2)
        return {
            **self.sided("lip_corner_raise", near * along**1.7),
            **self.sided("lip_corner_stretch", near * along),
            **self.sided("cheek", cheek),
        }

    def jaw(self) -> Array:
        """Lower lip and chin follow the jaw, upper lip and cheeks less and less."""
        apart = 1.0 - np.clip(self.across / _HALF_MOUTH, 0.0, 1.0) ** 3
        side = np.where(self.upper_lip, -1.0, 1.0)
        soft = 2.0 * smoothstep((_MOUTH_LINE - self.z) / 0.9 + 0.5) - 1.0
        return np.asarray(0.5 + 0.5 * (apart * side + (1.0 - apart) * soft))
