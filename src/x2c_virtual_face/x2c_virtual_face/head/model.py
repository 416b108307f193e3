# SPDX-License-Identifier: Apache-2.0
"""Build the MuJoCo model of the virtual humanoid: body, skin, eyes, teeth, light, camera."""

from __future__ import annotations

import copy
from functools import lru_cache

import mujoco
import numpy as np
from numpy.typing import NDArray

from x2c_core.arrays import Array
from x2c_core.easing import smoothstep
from x2c_core.robot.robot import Joint, Robot
from x2c_virtual_face.errors import RobotMismatchError
from x2c_virtual_face.head import parts, skin_mesh, texture, weights
from x2c_virtual_face.head.folds import fold_texture
from x2c_virtual_face.head.folds.fold_shapes import FOLDS, Fold
from x2c_virtual_face.head.rig import (
    BONES,
    HEAD_BODY,
    JAW_BODY,
    JOINT_TYPES,
    METRES,
    ROBOT_JOINTS,
    TORSO_BODY,
    Bone,
)
from x2c_virtual_face.head.scenery import add_fold_paint, add_scenery
from x2c_virtual_face.head.servo import tune

TIMESTEP = 0.002
_MASSES = {"neck": 1.2, HEAD_BODY: 3.0, JAW_BODY: 0.3}
_SMALL_MASS = 0.003
_FOLD_HEIGHT = 0.0002
"""Height of the folds' layer over the skin, enough for OpenGL to tell them apart [m]."""


def build(robot: Robot, width: int, height: int, samples: int = 0) -> tuple[mujoco.MjModel, Array]:
    """Return the compiled model and the landmarks' shares of the bones.

    Args:
        robot: Its joints give the ranges and the servos' velocity and acceleration.
        width: Width of the off-screen image [px].
        height: Height of the off-screen image [px].
        samples: Samples a pixel, for smooth edges; 0 for one.

    Returns:
        The model, and (468, bodies) weights, each row adding up to 1, in the model's order.

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
    wrong = [one.name for one in robot.joints if one.type != JOINT_TYPES[one.name]]
    if wrong:
        raise RobotMismatchError(
            f"robot {robot.name!r} has joints of another type than the virtual face: "
            f"{', '.join(wrong)}. Use the robot folder 'virtual' or one with its joints"
        )
    compiled, shares = _compiled(robot.joints)
    model = copy.copy(compiled)
    model.vis.global_.offwidth, model.vis.global_.offheight = width, height
    # Many samples a pixel cost a multiple of the rest in software rendering.
    model.vis.quality.offsamples = samples
    return model, shares


@lru_cache(maxsize=2)
def _compiled(joints: tuple[Joint, ...]) -> tuple[mujoco.MjModel, Array]:
    """Return the model of a robot with some joints, to be copied, and the landmarks' shares.

    It takes half a second, most of it for the images of the folds.
    """
    spec = mujoco.MjSpec()
    spec.modelname = "x2c_virtual_face"
    spec.compiler.degree = False
    _set_options(spec)
    _add_bodies(spec, joints)
    _add_servos(spec, joints)
    skin = skin_mesh.build(weights.landmark_weights())
    add_scenery(spec)
    _add_skin(spec, skin)
    _add_neck(spec)
    model = spec.compile()
    tune(model, joints)
    shares = _body_weights(model, skin.weights[: len(skin_mesh.control_landmarks())])
    shares.setflags(write=False)
    return model, shares


def _set_options(spec: mujoco.MjSpec) -> None:
    spec.option.timestep = TIMESTEP
    spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    # Servos hold the head up and nothing touches anything: no gravity, no contacts.
    spec.option.gravity = [0.0, 0.0, 0.0]
    spec.option.disableflags = int(mujoco.mjtDisableBit.mjDSBL_CONTACT)
    # Shadows cost a multiple of the rest in software rendering.
    spec.visual.quality.shadowsize = 0
    spec.visual.map.znear = 0.05
    spec.visual.map.zfar = 20.0
    spec.stat.extent = 1.0
    spec.stat.center = [0.0, 0.0, 0.0]


def _position(bone: Bone) -> Array:
    return np.array(bone.position) * METRES


def _add_bodies(spec: mujoco.MjSpec, joints: tuple[Joint, ...]) -> None:
    limits = {joint.name: joint for joint in joints}
    torso = spec.worldbody.add_body(name=TORSO_BODY)
    bodies = {TORSO_BODY: torso}
    positions = {TORSO_BODY: np.zeros(3)}
    for bone in BONES:
        mass = _MASSES.get(bone.name, _SMALL_MASS)
        positions[bone.name] = _position(bone)
        body = bodies[bone.parent].add_body(
            name=bone.name,
            pos=positions[bone.name] - positions[bone.parent],
            mass=mass,
            inertia=np.full(3, mass * 0.08**2 if bone.name in _MASSES else mass * 0.012**2),
            explicitinertial=True,
        )
        bodies[bone.name] = body
        for axis in bone.axes:
            kind = mujoco.mjtJoint.mjJNT_SLIDE if axis.slides else mujoco.mjtJoint.mjJNT_HINGE
            direction = np.array(axis.direction)
            # Their equality constraint moves followers; a little inertia keeps it well posed.
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
    data = np.zeros(mujoco.mjNEQDATA)
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


def _add_servos(spec: mujoco.MjSpec, joints: tuple[Joint, ...]) -> None:
    for joint in joints:
        servo = spec.add_actuator(name=joint.name, target=joint.name)
        servo.trntype = mujoco.mjtTrn.mjTRN_JOINT
        servo.set_to_position(kp=1.0)
        servo.ctrlrange = [joint.lower, joint.upper]
        servo.ctrllimited = True
        servo.forcerange = [-1.0, 1.0]
        servo.forcelimited = True


def _add_skin(spec: mujoco.MjSpec, skin: skin_mesh.SkinMesh) -> None:
    shares = {name: skin.weights[:, k] for k, name in enumerate(weights.SKIN_BONES)}
    shares[HEAD_BODY] = 1.0 - skin.weights.sum(axis=1)
    _attach(
        spec, "face", "skin", skin.vertices, skin.faces, shares, texture.coordinates(skin.flat)
    )
    for fold in FOLDS:
        _add_fold(spec, fold, skin, shares)


def _add_fold(
    spec: mujoco.MjSpec, fold: Fold, skin: skin_mesh.SkinMesh, shares: dict[str, Array]
) -> None:
    """Lay a copy of the part of the skin that has a fold over it; its opacity is set later."""
    front = skin.faces[: skin.front]
    painted = fold_texture.paint(fold, skin.flat[front])
    add_fold_paint(spec, fold.name, painted.image)
    used, renumbered = np.unique(front[painted.faces], return_inverse=True)
    _attach(
        spec,
        fold.name,
        fold.name,
        skin.vertices[used],
        renumbered.reshape(-1, 3),
        {body: share[used] for body, share in shares.items()},
        painted.coordinates(skin.flat[used]),
    )
    spec.skins[-1].inflate = _FOLD_HEIGHT


def _add_neck(spec: mujoco.MjSpec) -> None:
    surface, height = parts.neck()
    head = smoothstep((height - 0.15) / 0.75)
    rest = np.clip(1.0 - height / 0.35, 0.0, 1.0)
    shares = {
        TORSO_BODY: rest,
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
    positions = {TORSO_BODY: np.zeros(3)} | {bone.name: _position(bone) for bone in BONES}
    skin = spec.add_skin(name=name, material=material)
    skin.vert = (vertices * METRES).reshape(-1).astype(np.float32)
    skin.face = faces.reshape(-1).astype(np.int32)
    if coordinates is not None:
        skin.texcoord = coordinates.reshape(-1).astype(np.float32)
    used = {body: np.flatnonzero(np.abs(share) > 1e-5) for body, share in shares.items()}
    used = {body: ids for body, ids in used.items() if len(ids)}
    skin.bodyname = list(used)
    skin.bindpos = np.array([positions[body] for body in used]).reshape(-1)
    skin.bindquat = np.tile([1.0, 0.0, 0.0, 0.0], len(used))
    skin.vertid = [ids.astype(np.int32) for ids in used.values()]
    skin.vertweight = [shares[body][ids].astype(np.float32) for body, ids in used.items()]


def _body_weights(model: mujoco.MjModel, expression: Array) -> Array:
    full = np.zeros((len(expression), model.nbody))
    for column, name in enumerate(weights.SKIN_BONES):
        full[:, model.body(name).id] = expression[:, column]
    full[:, model.body(HEAD_BODY).id] = 1.0 - expression.sum(axis=1)
    return full
