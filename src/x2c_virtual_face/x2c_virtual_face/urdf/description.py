# SPDX-License-Identifier: Apache-2.0
"""The URDF: links and joints from the rig, limits from the robot, visuals from the pieces."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from functools import cache

import mujoco
import numpy as np

from x2c_core.arrays import Array
from x2c_core.robot.robot import Joint, Robot
from x2c_virtual_face.head import model
from x2c_virtual_face.head.rig import BONES, METRES, TORSO_BODY, Axis, Bone
from x2c_virtual_face.head.scenery import CAMERA
from x2c_virtual_face.urdf.pieces import COLOURS, FOLLOWING, Piece, pieces

MESHES = "meshes"
CAMERA_FRAME = "robot_camera_optical_frame"
"""As virtual_face_node stamps its images."""

_PACKAGE = "x2c_bringup"
_NOTE = (
    " SPDX-License-Identifier: Apache-2.0. Made by 'python -m x2c_virtual_face.urdf'; "
    "what is changed here is lost. "
)
_AXIS_MASS = 0.01


def urdf(robot: Robot) -> str:
    """Return the description of a robot with the virtual humanoid's joints.

    Raises:
        RobotMismatchError: It has others.
    """
    compiled, _ = model.build(robot, 16, 16)
    joints = {joint.name: joint for joint in robot.joints}
    root = ET.Element("robot", name=robot.name)
    root.append(ET.Comment(_NOTE))
    _add_hints_for_mujoco(root)
    for name, colour in COLOURS.items():
        ET.SubElement(ET.SubElement(root, "material", name=name), "color", rgba=_text(colour))
    _add_link(root, TORSO_BODY, robot, None)
    positions = {TORSO_BODY: np.zeros(3)}
    for bone in BONES:
        if bone.name in FOLLOWING:
            continue
        positions[bone.name] = np.array(bone.position)
        _add_bone(
            root, bone, positions[bone.name] - positions[bone.parent], robot, joints, compiled
        )
    _add_camera(root, compiled)
    ET.indent(root)
    return '<?xml version="1.0"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def meshes() -> dict[str, Array]:
    """Return by file the triangles (n, 3 corners, 3) [m] in the frames of their links."""
    positions = {bone.name: np.array(bone.position) for bone in BONES} | {TORSO_BODY: np.zeros(3)}
    return {piece.name: (piece.triangles - positions[piece.bone]) * METRES for piece in _pieces()}


@cache
def _pieces() -> tuple[Piece, ...]:
    return tuple(pieces())


def link_name(bone: str) -> str:
    """Return the name of a bone's link, which is also that of its frame."""
    return f"{bone}_link"


def _add_hints_for_mujoco(root: ET.Element) -> None:
    # MuJoCo drops what is only to be seen and takes mesh files from one folder, by default.
    ET.SubElement(
        ET.SubElement(root, "mujoco"),
        "compiler",
        meshdir=MESHES,
        discardvisual="false",
        fusestatic="false",
        strippath="true",
    )


def _add_bone(
    root: ET.Element,
    bone: Bone,
    way: Array,
    robot: Robot,
    joints: dict[str, Joint],
    compiled: mujoco.MjModel,
) -> None:
    """Add a chain of one joint for each of the bone's axes; its last link is the bone's."""
    parent = link_name(bone.parent)
    for axis in bone.axes:
        last = axis is bone.axes[-1]
        child = link_name(bone.name) if last else f"{axis.name}_link"
        if last:
            _add_link(root, bone.name, robot, compiled)
        else:
            _add_inertia(ET.SubElement(root, "link", name=child), _AXIS_MASS, 1e-5)
        limits = joints[axis.leader or axis.name]
        joint = ET.SubElement(root, "joint", name=axis.name, type=limits.type)
        ET.SubElement(joint, "parent", link=parent)
        ET.SubElement(joint, "child", link=child)
        ET.SubElement(joint, "origin", xyz=_text(way * METRES), rpy="0 0 0")
        direction = np.array(axis.direction) / np.linalg.norm(axis.direction)
        ET.SubElement(joint, "axis", xyz=_text(direction))
        ET.SubElement(
            joint,
            "limit",
            lower=_text([limits.lower]),
            upper=_text([limits.upper]),
            velocity=_text([limits.velocity]),
            effort=_text([_effort(axis, compiled)]),
        )
        if axis.leader:
            (multiplier,) = axis.follows
            ET.SubElement(
                joint, "mimic", joint=axis.leader, multiplier=_text([multiplier]), offset="0"
            )
        parent, way = child, np.zeros(3)


def _effort(axis: Axis, compiled: mujoco.MjModel) -> float:
    return float(compiled.actuator(axis.leader or axis.name).forcerange[1])


def _add_link(root: ET.Element, bone: str, robot: Robot, compiled: mujoco.MjModel | None) -> None:
    link = ET.SubElement(root, "link", name=link_name(bone))
    if compiled is not None:
        body = compiled.body(bone)
        _add_inertia(link, float(body.mass[0]), float(body.inertia[0]))
    folder = f"package://{_PACKAGE}/config/robots/{robot.folder.name}/{MESHES}"
    for piece in _pieces():
        if piece.bone == bone:
            visual = ET.SubElement(link, "visual", name=piece.name)
            geometry = ET.SubElement(visual, "geometry")
            ET.SubElement(geometry, "mesh", filename=f"{folder}/{piece.name}.stl")
            ET.SubElement(visual, "material", name=piece.colour)


def _add_inertia(link: ET.Element, mass: float, inertia: float) -> None:
    inertial = ET.SubElement(link, "inertial")
    ET.SubElement(inertial, "mass", value=_text([mass]))
    turning = _text([inertia])
    ET.SubElement(
        inertial, "inertia", ixx=turning, ixy="0", ixz="0", iyy=turning, iyz="0", izz=turning
    )


def _add_camera(root: ET.Element, compiled: mujoco.MjModel) -> None:
    ET.SubElement(root, "link", name=CAMERA_FRAME)
    joint = ET.SubElement(root, "joint", name="robot_camera_joint", type="fixed")
    ET.SubElement(joint, "parent", link=link_name(TORSO_BODY))
    ET.SubElement(joint, "child", link=CAMERA_FRAME)
    # An optical frame looks along z with x to the image's right, which is the face's left.
    turn = _text([-np.pi / 2, 0.0, np.pi / 2])
    ET.SubElement(joint, "origin", xyz=_text(compiled.camera(CAMERA).pos), rpy=turn)


def _text(numbers: Sequence[float] | Array) -> str:
    return " ".join(f"{number:.6g}" for number in np.asarray(numbers) + 0.0)
