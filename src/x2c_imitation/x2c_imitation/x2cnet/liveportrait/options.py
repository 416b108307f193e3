# SPDX-License-Identifier: Apache-2.0
"""Options of the motion transfer liveportrait; needs no torch."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from x2c_core.system.fields import parameter
from x2c_imitation.x2cnet.network.config import Device


class MotionRegion(enum.StrEnum):
    """Parts of a person's motion that a portrait takes on."""

    ALL = "all"
    FACE = "face"
    POSE = "pose"
    LIPS = "lips"
    EYES = "eyes"


class MotionMode(enum.StrEnum):
    """Origin from which a person's motion counts."""

    RELATIVE = "relative"
    ABSOLUTE = "absolute"


@dataclass(frozen=True)
class LivePortraitOptions:
    """Options of the motion transfer liveportrait."""

    weights: str = parameter(
        "", "Folder of the published weights; empty: X2C_LIVEPORTRAIT, or the user's data folder."
    )
    device: str = parameter("cpu", "Device on which the networks run.", choices=tuple(Device))
    half: bool = parameter(False, "Compute with 16 bits; only on cuda.")
    motion: str = parameter(
        "relative",
        "relative: motion from the person's neutral face; absolute: the person's own expression.",
        choices=tuple(MotionMode),
    )
    region: str = parameter(
        "all", "Part of the motion that the robot's image takes on.", choices=tuple(MotionRegion)
    )
    eyes: bool = parameter(False, "Open the eyes by the ratio measured on the person's landmarks.")
    lips: bool = parameter(False, "Open the lips by the ratio measured on the person's landmarks.")
    stitching: bool = parameter(True, "Keep the shoulders and the surround in place.")
