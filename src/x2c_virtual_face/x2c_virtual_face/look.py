# SPDX-License-Identifier: Apache-2.0
"""Look of an image of the face apart from its expression: colours, light, camera, background."""

from __future__ import annotations

from dataclasses import dataclass, field

import mujoco
import numpy as np

from x2c_core.arrays import ImageArray
from x2c_virtual_face.head.folds.fold_shapes import FOLDS
from x2c_virtual_face.head.rig import METRES
from x2c_virtual_face.head.scenery import (
    BACKDROP,
    BACKDROP_SIZE,
    CAMERA,
    CAMERA_TARGET,
    WALL,
)

Colour = tuple[float, float, float]
Direction = tuple[float, float, float]


@dataclass(frozen=True)
class Light:
    """A light from far away: where it shines to (x forward, y left, z up), and its colour."""

    direction: Direction
    colour: Colour


@dataclass(frozen=True)
class View:
    """Position of the camera, relative to the point that it looks at.

    Attributes:
        distance: [interocular distances].
        azimuth: Angle to the face's own left [rad].
        elevation: [rad].
        roll: Turn of the image [rad].
        aside: Way of its target to the face's own left [interocular distances].
        above: Way of its target up [interocular distances].
        field: Vertical field of view [rad].
    """

    distance: float = 11.5
    azimuth: float = 0.0
    elevation: float = 0.0
    roll: float = 0.0
    aside: float = 0.0
    above: float = 0.0
    field: float = float(np.deg2rad(22.5))


@dataclass(frozen=True)
class Look:
    """A look that images can be given.

    Attributes:
        skin: Factor on the colours of the painted skin and the neck.
        shirt: Colour.
        ambient: Colour of the light that comes from everywhere.
        lights: Lights, as many as the model has.
        view: View of the camera.
        backdrop: (BACKDROP_SIZE, BACKDROP_SIZE, 3), RGB, first row lowest; None for a plain wall.
    """

    skin: Colour
    shirt: Colour
    ambient: Colour
    lights: tuple[Light, Light, Light]
    view: View = field(default_factory=View)
    backdrop: ImageArray | None = None


def apply(look: Look, model: mujoco.MjModel, rest: mujoco.MjModel) -> bool:
    """Give a model a look.

    Args:
        look: New look; it replaces that of the model.
        model: Changed.
        rest: The same model as it was built.

    Returns:
        Whether the backdrop's texture has to be brought to the graphics memory.
    """
    for name in ("skin", "neck", *(fold.name for fold in FOLDS)):
        model.material(name).rgba[:3] = rest.material(name).rgba[:3] * look.skin
    model.material("shirt").rgba[:3] = look.shirt
    model.vis.headlight.ambient[:] = look.ambient
    for k, light in enumerate(look.lights):
        model.light_dir[k] = np.array(light.direction) / np.linalg.norm(light.direction)
        model.light_diffuse[k] = light.colour
    _aim(look.view, model)
    wall = model.geom(WALL)
    if look.backdrop is None:
        wall.matid = rest.geom(WALL).matid
        return False
    wall.matid = model.material(BACKDROP).id
    texture = model.texture(BACKDROP)
    start = int(texture.adr[0])
    model.tex_data[start : start + 3 * BACKDROP_SIZE**2] = look.backdrop.reshape(-1)
    return True


def _aim(view: View, model: mujoco.MjModel) -> None:
    # The camera looks along its own -z; from straight ahead its x axis is the face's left.
    cos, sin = np.cos, np.sin
    back = np.array(
        [
            cos(view.elevation) * cos(view.azimuth),
            cos(view.elevation) * sin(view.azimuth),
            sin(view.elevation),
        ]
    )
    right = np.array([-sin(view.azimuth), cos(view.azimuth), 0.0])
    up = np.cross(back, right)
    axes = np.stack(
        [
            cos(view.roll) * right + sin(view.roll) * up,
            cos(view.roll) * up - sin(view.roll) * right,
            back,
        ],
        axis=1,
    )
    camera = model.camera(CAMERA)
    mujoco.mju_mat2Quat(camera.quat, axes.reshape(-1))
    target = CAMERA_TARGET + np.array([0.0, view.aside, view.above])
    camera.pos[:] = (target + view.distance * back) * METRES
    camera.fovy[:] = np.rad2deg(view.field)
