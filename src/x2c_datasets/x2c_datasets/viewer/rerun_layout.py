# SPDX-License-Identifier: Apache-2.0
"""Entities of a recording for Rerun, and how its viewer lays them out."""

from __future__ import annotations

import rerun.blueprint as rrb

from x2c_core.control_space import controls
from x2c_core.control_space.controls import Group

CAMERA = "camera"
LANDMARKS_2D = "camera/landmarks"
PERSON = "person"
LANDMARKS_3D = "person/landmarks"
ROBOT_IMAGE = "robot_image"
ROBOT = "robot"
CONTROLS = "controls"
STATE = "log/actuation"
LIMITS = "log/limits"
DIAGNOSTICS = "log/diagnostics"

_PLOTS = {
    "Brows and lids": (Group.BROW, Group.EYELID),
    "Mouth and nose": (Group.MOUTH, Group.NOSE),
    "Gaze, head and neck": (Group.GAZE, Group.HEAD, Group.NECK),
}


def control_entity(control: controls.Control) -> str:
    """Return the entity of a control's curve."""
    return f"{CONTROLS}/{control.group}/{control.slug}"


def layout() -> rrb.Blueprint:
    """Return the layout: images, face and robot above, curves and texts below."""
    plots = [
        rrb.TimeSeriesView(
            name=name, origin=CONTROLS, contents=[f"+ {CONTROLS}/{group}/**" for group in groups]
        )
        for name, groups in _PLOTS.items()
    ]
    return rrb.Blueprint(
        rrb.Vertical(
            rrb.Horizontal(
                rrb.Spatial2DView(name="Camera", origin=CAMERA),
                rrb.Spatial2DView(name="Robot", origin=ROBOT_IMAGE),
                rrb.Spatial3DView(name="Landmarks", origin=PERSON),
                rrb.Spatial3DView(name="Robot in 3-D", origin=ROBOT),
            ),
            rrb.Horizontal(*plots),
            rrb.TextLogView(name="States, limits, diagnostics", origin="log"),
            row_shares=[4, 3, 2],
        ),
        collapse_panels=True,
    )
