# SPDX-License-Identifier: Apache-2.0
"""Parts of the model beside the skin: materials, eyes, teeth, torso, lights, camera."""

from __future__ import annotations

import mujoco
import numpy as np

from x2c_core.arrays import Array, ImageArray
from x2c_virtual_face.head import eyes, parts, texture
from x2c_virtual_face.head.rig import BONES, HEAD_BODY, JAW_BODY, METRES, TORSO_BODY

CAMERA = "front"
CAMERA_TARGET = (0.0, 0.0, -0.28)
"""Point that the camera looks at from straight ahead [interocular distances]."""
WALL = "wall"
BACKDROP = "backdrop"
BACKDROP_SIZE = 128
"""Of the image on the wall, where there is one [px]."""

_SKIN_GLOSS = (0.12, 0.3)
_GLOSS = {
    "neck": _SKIN_GLOSS,
    "teeth": (0.5, 0.6),
    "cavity": (0.0, 0.5),
    "tongue": (0.3, 0.4),
    "shirt": (0.15, 0.2),
}
"""Strength and sharpness of reflections of a light."""

_WALL_HALF = 9.0
_BACKDROPS = 5
"""Repetitions of the image along the wall; an odd number, so that one is behind the face."""


def add_scenery(spec: mujoco.MjSpec) -> None:
    """Add all that is visible but the skins, and their materials; the bodies must exist."""
    _add_looks(spec)
    _add_solid_parts(spec)
    _add_stage(spec)


def _add_looks(spec: mujoco.MjSpec) -> None:
    for name, image in (("skin", texture.skin_texture()), ("eye", parts.eye_texture())):
        paint = spec.add_texture(name=name, type=mujoco.mjtTexture.mjTEXTURE_2D)
        paint.height, paint.width, paint.nchannel = image.shape
        paint.data = image.tobytes()
    skin = spec.add_material(name="skin", specular=_SKIN_GLOSS[0], shininess=_SKIN_GLOSS[1])
    skin.textures[mujoco.mjtTextureRole.mjTEXROLE_RGB] = "skin"
    eye = spec.add_material(name="eye", specular=1.0, shininess=0.9)
    eye.textures[mujoco.mjtTextureRole.mjTEXROLE_RGB] = "eye"
    for name, (specular, shininess) in _GLOSS.items():
        spec.add_material(
            name=name, rgba=parts.MATERIALS[name], specular=specular, shininess=shininess
        )


def add_fold_paint(spec: mujoco.MjSpec, name: str, image: ImageArray) -> None:
    """Add the material of a fold, transparent until its opacity is set.

    Args:
        spec: Model to add it to.
        name: Name of the material and of its texture.
        image: (height, width, 4) RGBA, first row lowest.
    """
    paint = spec.add_texture(name=name, type=mujoco.mjtTexture.mjTEXTURE_2D)
    paint.height, paint.width, paint.nchannel = image.shape
    paint.data = image.tobytes()
    material = spec.add_material(
        name=name,
        rgba=(1.0, 1.0, 1.0, 0.0),
        specular=_SKIN_GLOSS[0],
        shininess=_SKIN_GLOSS[1],
    )
    material.textures[mujoco.mjtTextureRole.mjTEXROLE_RGB] = name


def _add_solid_parts(spec: mujoco.MjSpec) -> None:
    for name, body, material, surface, origin in (
        ("eye_left", "eye_left", "eye", parts.eyeball("left"), eyes.centre("left")),
        ("eye_right", "eye_right", "eye", parts.eyeball("right"), eyes.centre("right")),
        ("teeth_upper", HEAD_BODY, "teeth", parts.teeth(True), np.zeros(3)),
        ("teeth_lower", JAW_BODY, "teeth", parts.teeth(False), np.zeros(3)),
        ("torso", TORSO_BODY, "shirt", parts.torso(), np.zeros(3)),
    ):
        _add_mesh(spec, name, body, material, surface, origin)
    for part in parts.ELLIPSOIDS:
        _add_ellipsoid(spec.body(part.body), part)


def _position_of(body: str) -> Array:
    return next((np.array(bone.position) for bone in BONES if bone.name == body), np.zeros(3))


def _add_mesh(
    spec: mujoco.MjSpec,
    name: str,
    body: str,
    material: str,
    surface: parts.Surface,
    origin: Array,
) -> None:
    mesh = spec.add_mesh(name=name)
    # MuJoCo wants inertia of every mesh; a shell's is defined for open surfaces too.
    mesh.inertia = mujoco.mjtMeshInertia.mjMESH_INERTIA_SHELL
    mesh.uservert = (surface.vertices * METRES).reshape(-1)
    mesh.userface = surface.faces.reshape(-1)
    mesh.usertexcoord = surface.texture.reshape(-1)
    mesh.userfacetexcoord = surface.faces.reshape(-1)
    mesh.smoothnormal = True
    spec.body(body).add_geom(
        type=mujoco.mjtGeom.mjGEOM_MESH,
        meshname=name,
        material=material,
        pos=(origin - _position_of(body)) * METRES,
        contype=0,
        conaffinity=0,
        mass=0.0,
    )


def _add_ellipsoid(body: mujoco.MjsBody, part: parts.Ellipsoid) -> None:
    body.add_geom(
        name=part.name,
        type=mujoco.mjtGeom.mjGEOM_ELLIPSOID,
        material=part.material,
        pos=(np.array(part.position) - _position_of(body.name)) * METRES,
        size=np.array(part.radii) * METRES,
        contype=0,
        conaffinity=0,
        mass=0.0,
    )


def _add_stage(spec: mujoco.MjSpec) -> None:
    """Add a plain background, soft lights and the camera in front of the face."""
    # A wall is drawn in a third of a skybox's time.
    spec.add_material(name="wall", rgba=[0.76, 0.81, 0.85, 1.0], specular=0.0)
    paint = spec.add_texture(name=BACKDROP, type=mujoco.mjtTexture.mjTEXTURE_2D)
    paint.height = paint.width = BACKDROP_SIZE
    paint.nchannel = 3
    paint.data = bytes(3 * BACKDROP_SIZE**2)
    backdrop = spec.add_material(name=BACKDROP, specular=0.0, texrepeat=[_BACKDROPS] * 2)
    backdrop.textures[mujoco.mjtTextureRole.mjTEXROLE_RGB] = BACKDROP
    spec.worldbody.add_geom(
        name=WALL,
        type=mujoco.mjtGeom.mjGEOM_BOX,
        material="wall",
        pos=[-1.5, 0.0, 0.0],
        # Its own x to the left and y up, as images are laid on a box by x and y.
        quat=[0.5, 0.5, 0.5, 0.5],
        size=[_WALL_HALF, _WALL_HALF, 0.01],
        contype=0,
        conaffinity=0,
        mass=0.0,
    )
    spec.visual.headlight.ambient = [0.34, 0.34, 0.35]
    spec.visual.headlight.diffuse = [0.18, 0.18, 0.18]
    spec.visual.headlight.specular = [0.05, 0.05, 0.05]
    for direction, strength, gloss in (
        ((-0.75, -0.45, -0.75), 0.48, 0.25),
        ((-0.75, 0.75, -0.25), 0.26, 0.10),
        ((0.6, 0.0, -0.7), 0.15, 0.10),
    ):
        spec.worldbody.add_light(
            pos=-2.0 * np.array(direction),
            dir=direction,
            type=mujoco.mjtLightType.mjLIGHT_DIRECTIONAL,
            diffuse=[strength, strength * 0.985, strength * 0.96],
            specular=[gloss] * 3,
            ambient=[0.0, 0.0, 0.0],
            castshadow=False,
        )
    position = CAMERA_TARGET + np.array([11.5, 0.0, 0.0])
    camera = spec.worldbody.add_camera(name=CAMERA, pos=position * METRES)
    camera.fovy = 22.5
    # Looks along -x with z up: its own x axis is the face's left.
    camera.quat = [0.5, 0.5, 0.5, 0.5]
