# SPDX-License-Identifier: Apache-2.0
"""A tracked face as messages of hri_msgs (REP-155), which need not be installed."""

from __future__ import annotations

import importlib
from typing import Any

from std_msgs.msg import Header

from x2c_core.face.frames import Face
from x2c_perception.hri.action_units import action_units
from x2c_perception.hri.facial_landmarks import face_region, facial_landmarks

MISSING = (
    "hri_msgs is not installed, so nothing is published under /humans: "
    "apt install ros-$ROS_DISTRO-hri-msgs, or build github.com/ros4hri/hri_msgs (humble-devel)"
)


def hri_messages() -> Any | None:
    """Return the module `hri_msgs.msg`; None where the package is not installed."""
    try:
        return importlib.import_module("hri_msgs.msg")
    except ImportError:
        return None


def ids_message(messages: Any, header: Header, ids: list[str]) -> Any:
    """Return an IdsList.

    Args:
        messages: The module `hri_msgs.msg`.
        header: Header of the image.
        ids: Identifiers of the faces that are tracked.
    """
    return messages.IdsList(header=header, ids=ids)


def region_message(messages: Any, header: Header, face: Face) -> Any:
    """Return the NormalizedRegionOfInterest2D of a tracked face."""
    region = face_region(face)
    return messages.NormalizedRegionOfInterest2D(
        header=header,
        xmin=region.left,
        ymin=region.top,
        xmax=region.right,
        ymax=region.bottom,
        c=region.confidence,
    )


def landmarks_message(messages: Any, header: Header, face: Face) -> Any:
    """Return the FacialLandmarks of a tracked face."""
    points = [
        messages.NormalizedPointOfInterest2D(x=x, y=y, c=confidence)
        for x, y, confidence in facial_landmarks(face).tolist()
    ]
    return messages.FacialLandmarks(
        header=header, landmarks=points, height=face.height, width=face.width
    )


def action_units_message(messages: Any, header: Header, face: Face, neutral: Face | None) -> Any:
    """Return the FacialActionUnits of a tracked face.

    Args:
        messages: The module `hri_msgs.msg`.
        header: Header of the image.
        face: Tracked face.
        neutral: The person's neutral face; None while it is not known.
    """
    units = action_units(face, neutral)
    return messages.FacialActionUnits(
        header=header,
        intensity=units.intensity.astype("float32"),
        confidence=units.confidence.astype("float32"),
    )
