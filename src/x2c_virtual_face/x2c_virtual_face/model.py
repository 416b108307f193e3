# SPDX-License-Identifier: Apache-2.0
"""Builds the MuJoCo model of the virtual humanoid: bodies, joints, skin, eyes, teeth, lights, camera."""

from __future__ import annotations

import mujoco
import numpy as np
from numpy.typing import NDArray
from x2c_face.robot import Robot

from x2c_virtual_face import eyes, parts, skin_mesh, texture, weights
from x2c_virtual_face.errors import RobotMismatchError
from x2c_virtual_face.rig import BONES, HEAD_BODY, JAW_BODY, METRES, ROBOT_JOINTS, Bone
from x2c_virtual_face.servo import tune

Array = NDArray[np.float64]

TIMESTEP = 0.002
CAMERA = "front"
_TORSO = "torso"
_MASSES = {"neck": 1.2, HEAD_BODY: 3.0, JAW_BODY: 0.3}
_SMALL_MASS = 0.003


def build(robot: Robot, width: int, height: int) -> tuple[mujoco.MjModel, Array]:
    """Return the compiled model and the landmarks' shares of the bones.

    Args:
        robot: Its joints give the ranges and the servos' velocity and acceleration.
        width: Of the off-screen picture [px].
        height: Of the off-screen picture [px].

    Returns:
        The model, and (468, bodies) weights, each row adding up to 1, in the order of the model's bodies.

    Raises:
        RobotMismatchError: The robot's joints are not those of the virtual humanoid.
    """
    names = {joint.name for joint in robot.joints}
    if names != ROBOT_JOINTS:
        odd = ", ".join(sorted(names ^ ROBOT_JOINTS))
        raise RobotMismatchError(
            f"robot {robot.name!r} has other joints than the virtual face; they differ in: {odd}. "
            "Use the robot folder 'virtual' or one with its joint names"
        )
    spec = mujoco.MjSpec()
    spec.modelname = "x2c_virtual_face"
    _set_options(spec, width, height)
    _add_bodies(spec, robot)
    _add_servos(spec, robot)
    skin = skin_mesh.build(weights.landmark_weights())
    _add_looks(spec)
    _add_skin(spec, skin)
    _add_neck(spec)
    _add_solid_parts(spec)
    _add_stage(spec)
    model = spec.compile()
    tune(model, robot)
    return model, _body_weights(model, skin.weights[: len(skin_mesh.control_landmarks())])


def _set_options(spec: mujoco.MjSpec, width: int, height: int) -> None:
    spec.option.timestep = TIMESTEP
    spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    # Servos hold the head up and nothing touches anything: neither gravity nor contacts are needed.
    spec.option.gravity = [0.0, 0.0, 0.0]
    spec.option.disableflags = int(mujoco.mjtDisableBit.mjDSBL_CONTACT)
    # Multisampling and shadows cost ten times the rest of a picture in software rendering.
    spec.visual.quality.offsamples = 0
    spec.visual.quality.shadowsize = 0
    spec.visual.global_.offwidth = width
    spec.visual.global_.offheight = height
    spec.visual.map.znear = 0.05
    spec.visual.map.zfar = 20.0
    spec.stat.extent = 1.0
    spec.stat.center = [0.0, 0.0, 0.0]


def _place(bone: Bone) -> Array:
    return np.array(bone.place) * METRES


def _add_bodies(spec: mujoco.MjSpec, robot: Robot) -> None:
    limits = {joint.name: joint for joint in robot.joints}
    torso = spec.worldbody.add_body(name=_TORSO)
    bodies = {_TORSO: torso}
    places = {_TORSO: np.zeros(3)}
    for bone in BONES:
        mass = _MASSES.get(bone.name, _SMALL_MASS)
        places[bone.name] = _place(bone)
        body = bodies[bone.parent].add_body(
            name=bone.name,
            pos=places[bone.name] - places[bone.parent],
            mass=mass,
            inertia=np.full(3, mass * 0.08**2 if bone.name in _MASSES else mass * 0.012**2),
            explicitinertial=True,
        )
        bodies[bone.name] = body
        for axis in bone.axes:
            kind = mujoco.mjtJoint.mjJNT_SLIDE if axis.slides else mujoco.mjtJoint.mjJNT_HINGE
            direction = np.array(axis.direction)
            # Followers are moved by their equality constraint; a little inertia keeps it well posed.
            joint = body.add_joint(
                name=axis.name,
                type=kind,
                axis=direction / np.linalg.norm(direction),
                armature=1e-5,
            )
            if axis.leader:
                _follow(spec, axis.name, axis.leader, axis.follows)
            else:
                joint.range = [limits[axis.name].lower, limits[axis.name].upper]
                joint.limited = True


def _follow(spec: mujoco.MjSpec, name: str, leader: str, follows: tuple[float, ...]) -> None:
    data = np.zeros(11)
    data[1 : 1 + len(follows)] = follows
    spec.add_equality(
        name=f"{name}_follows",
        type=mujoco.mjtEq.mjEQ_JOINT,
        objtype=mujoco.mjtObj.mjOBJ_JOINT,
        name1=name,
        name2=leader,
        data=data,
        solref=[0.006, 1.0],
    )


def _add_servos(spec: mujoco.MjSpec, robot: Robot) -> None:
    for joint in robot.joints:
        servo = spec.add_actuator(name=joint.name, target=joint.name)
        servo.trntype = mujoco.mjtTrn.mjTRN_JOINT
        servo.set_to_position(kp=1.0)
        servo.ctrlrange = [joint.lower, joint.upper]
        servo.ctrllimited = True
        servo.forcerange = [-1.0, 1.0]
        servo.forcelimited = True


def _add_looks(spec: mujoco.MjSpec) -> None:
    for name, picture in (("skin", texture.skin_texture()), ("eye", parts.eye_texture())):
        paint = spec.add_texture(name=name, type=mujoco.mjtTexture.mjTEXTURE_2D)
        paint.height, paint.width, paint.nchannel = picture.shape
        paint.data = picture.tobytes()
    skin = spec.add_material(name="skin", specular=0.25, shininess=0.35)
    skin.textures[mujoco.mjtTextureRole.mjTEXROLE_RGB] = "skin"
    eye = spec.add_material(name="eye", specular=0.9, shininess=0.95)
    eye.textures[mujoco.mjtTextureRole.mjTEXROLE_RGB] = "eye"
    bare = np.array([*texture.SKIN, 255]) / 255.0
    spec.add_material(name="neck", rgba=bare, specular=0.25, shininess=0.35)
    spec.add_material(name="teeth", rgba=[0.93, 0.91, 0.86, 1], specular=0.5, shininess=0.6)
    spec.add_material(name="cavity", rgba=[0.20, 0.05, 0.06, 1], specular=0.0)
    spec.add_material(name="tongue", rgba=[0.68, 0.32, 0.33, 1], specular=0.3, shininess=0.4)
    spec.add_material(name="shirt", rgba=[0.28, 0.36, 0.46, 1], specular=0.15, shininess=0.2)
    spec.add_material(name="ear", rgba=[0.30, 0.34, 0.40, 1], specular=0.5, shininess=0.5)


def _add_skin(spec: mujoco.MjSpec, skin: skin_mesh.SkinMesh) -> None:
    shares = {name: skin.weights[:, k] for k, name in enumerate(weights.SKIN_BONES)}
    shares[HEAD_BODY] = 1.0 - skin.weights.sum(axis=1)
    _attach(
        spec, "face", "skin", skin.vertices, skin.faces, shares, texture.coordinates(skin.flat)
    )


def _add_neck(spec: mujoco.MjSpec) -> None:
    surface, height = parts.neck()
    head = np.clip((height - 0.15) / 0.75, 0.0, 1.0)
    head = head * head * (3.0 - 2.0 * head)
    rest = np.clip(1.0 - height / 0.35, 0.0, 1.0)
    shares = {
        _TORSO: rest,
        "neck": 1.0 - rest - head * (1.0 - rest),
        HEAD_BODY: head * (1.0 - rest),
    }
    _attach(spec, "neck", "neck", surface.vertices, surface.faces, shares, None)


def _attach(
    spec: mujoco.MjSpec,
    name: str,
    material: str,
    vertices: Array,
    faces: NDArray[np.intp],
    shares: dict[str, Array],
    coordinates: Array | None,
) -> None:
    """Add a skin whose vertices follow bodies by the given shares."""
    places = {_TORSO: np.zeros(3)} | {bone.name: _place(bone) for bone in BONES}
    skin = spec.add_skin(name=name, material=material)
    skin.vert = (vertices * METRES).reshape(-1).astype(np.float32)
    skin.face = faces.reshape(-1).astype(np.int32)
    if coordinates is not None:
        skin.texcoord = coordinates.reshape(-1).astype(np.float32)
    used = {body: np.flatnonzero(np.abs(share) > 1e-5) for body, share in shares.items()}
    skin.bodyname = list(used)
    skin.bindpos = np.array([places[body] for body in used]).reshape(-1)
    skin.bindquat = np.tile([1.0, 0.0, 0.0, 0.0], len(used))
    skin.vertid = [ids.astype(np.int32) for ids in used.values()]
    skin.vertweight = [shares[body][ids].astype(np.float32) for body, ids in used.items()]


def _add_solid_parts(spec: mujoco.MjSpec) -> None:
    for name, body, material, surface, origin in (
        ("eye_left", "eye_left", "eye", parts.eyeball(), eyes.centre("left")),
        ("eye_right", "eye_right", "eye", parts.eyeball(), eyes.centre("right")),
        ("teeth_upper", HEAD_BODY, "teeth", parts.teeth(True), np.zeros(3)),
        ("teeth_lower", JAW_BODY, "teeth", parts.teeth(False), np.zeros(3)),
        ("torso", _TORSO, "shirt", parts.torso(), np.zeros(3)),
    ):
        _add_mesh(spec, name, body, material, surface, origin)
    head, jaw = spec.body(HEAD_BODY), spec.body(JAW_BODY)
    _add_ellipsoid(head, "cavity", "cavity", (-0.30, 0.0, -0.98), (0.36, 0.42, 0.36))
    _add_ellipsoid(jaw, "tongue", "tongue", (-0.12, 0.0, -1.06), (0.26, 0.20, 0.07))
    for side, left in (("left", 1.0), ("right", -1.0)):
        ear = head.add_geom(
            name=f"ear_{side}",
            type=mujoco.mjtGeom.mjGEOM_ELLIPSOID,
            material="ear",
            pos=(np.array([-1.15, left * 1.22, -0.12]) - _place_of(HEAD_BODY)) * METRES,
            size=np.array([0.26, 0.10, 0.34]) * METRES,
            contype=0,
            conaffinity=0,
            mass=0.0,
        )
        ear.group = 0


def _place_of(body: str) -> Array:
    return next((np.array(bone.place) for bone in BONES if bone.name == body), np.zeros(3))


def _add_mesh(
    spec: mujoco.MjSpec,
    name: str,
    body: str,
    material: str,
    surface: parts.Surface,
    origin: Array,
) -> None:
    mesh = spec.add_mesh(name=name)
    # MuJoCo moves a mesh to its own centre of mass; a shell's inertia is defined for open surfaces too.
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
        pos=(origin - _place_of(body)) * METRES,
        contype=0,
        conaffinity=0,
        mass=0.0,
    )


def _add_ellipsoid(
    body: mujoco.MjsBody,
    name: str,
    material: str,
    place: tuple[float, float, float],
    radii: tuple[float, float, float],
) -> None:
    body.add_geom(
        name=name,
        type=mujoco.mjtGeom.mjGEOM_ELLIPSOID,
        material=material,
        pos=(np.array(place) - _place_of(body.name)) * METRES,
        size=np.array(radii) * METRES,
        contype=0,
        conaffinity=0,
        mass=0.0,
    )


def _add_stage(spec: mujoco.MjSpec) -> None:
    """Add a plain background, three soft lights and the camera in front of the face."""
    sky = spec.add_texture(name="sky", type=mujoco.mjtTexture.mjTEXTURE_SKYBOX)
    sky.builtin = mujoco.mjtBuiltin.mjBUILTIN_FLAT
    sky.rgb1 = [0.80, 0.84, 0.87]
    sky.width, sky.height = 8, 48
    spec.visual.headlight.ambient = [0.30, 0.30, 0.31]
    spec.visual.headlight.diffuse = [0.18, 0.18, 0.18]
    spec.visual.headlight.specular = [0.05, 0.05, 0.05]
    for direction, strength in (
        ((-0.75, -0.45, -0.75), 0.46),
        ((-0.75, 0.75, -0.25), 0.24),
        ((0.6, 0.0, -0.7), 0.15),
    ):
        spec.worldbody.add_light(
            pos=-2.0 * np.array(direction),
            dir=direction,
            type=mujoco.mjtLightType.mjLIGHT_DIRECTIONAL,
            diffuse=[strength, strength * 0.985, strength * 0.96],
            specular=[strength * 0.6] * 3,
            ambient=[0.0, 0.0, 0.0],
            castshadow=False,
        )
    camera = spec.worldbody.add_camera(name=CAMERA, pos=np.array([11.5, 0.0, -0.28]) * METRES)
    camera.fovy = 22.5
    # Looks along -x with z up: its own x axis is the face's left.
    camera.quat = [0.5, 0.5, 0.5, 0.5]


def _body_weights(model: mujoco.MjModel, expression: Array) -> Array:
    full = np.zeros((len(expression), model.nbody))
    for column, name in enumerate(weights.SKIN_BONES):
        full[:, model.body(name).id] = expression[:, column]
    full[:, model.body(HEAD_BODY).id] = 1.0 - expression.sum(axis=1)
    return full
