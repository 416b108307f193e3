# SPDX-License-Identifier: Apache-2.0
"""The URDF says what the simulation does."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
import pytest

from x2c_core.control_space import controls
from x2c_core.robot.robot import Robot
from x2c_virtual_face.head import model
from x2c_virtual_face.head.rig import BONES
from x2c_virtual_face.urdf.description import CAMERA_FRAME, MESHES, link_name, meshes, urdf
from x2c_virtual_face.urdf.pieces import FOLLOWING
from x2c_virtual_face.urdf.stl import from_stl, to_stl

MIMICS = {
    "gaze_phi_right": "gaze_target_phi",
    "gaze_theta_right": "gaze_target_theta",
    "eyelids_left": "gaze_target_theta",
    "eyelids_right": "gaze_target_theta",
}


@pytest.fixture(scope="module")
def path(robot: Robot) -> Path:
    return robot.folder / "virtual.urdf"


@pytest.fixture(scope="module")
def tree(path: Path) -> Any:
    return ET.parse(path).getroot()


def test_the_file_is_what_the_command_makes(robot: Robot, path: Path) -> None:
    again = "make it again: python -m x2c_virtual_face.urdf"
    made, kept = (
        list(root.iter()) for root in (ET.fromstring(urdf(robot)), ET.parse(path).getroot())
    )
    assert len(made) == len(kept), again
    for one, other in zip(made, kept, strict=True):
        assert (one.tag, set(one.attrib)) == (other.tag, set(other.attrib)), again
        for key in one.attrib:
            first, second = one.get(key, "").split(), other.get(key, "").split()
            try:
                np.testing.assert_allclose(
                    [float(x) for x in first], [float(x) for x in second], rtol=1e-4, atol=1e-6
                )
            except ValueError:
                assert first == second, again


def test_the_meshes_are_what_the_command_makes(robot: Robot) -> None:
    folder = robot.folder / MESHES
    made = meshes()
    assert {file.stem for file in folder.iterdir()} == set(made)
    for name, triangles in made.items():
        kept = from_stl((folder / f"{name}.stl").read_bytes())
        np.testing.assert_allclose(kept, triangles, atol=1e-6)


def test_joints_are_the_robots_by_name_type_and_limits(robot: Robot, tree: Any) -> None:
    joints = {joint.get("name"): joint for joint in tree.iter("joint")}
    own = {name for name, joint in joints.items() if joint.get("type") != "fixed"} - MIMICS.keys()
    assert own == set(robot.joint_names)
    for joint in robot.joints:
        described = joints[joint.name]
        limit = described.find("limit")
        assert described.get("type") == joint.type
        assert float(limit.get("lower")) == pytest.approx(joint.lower)
        assert float(limit.get("upper")) == pytest.approx(joint.upper)
        assert float(limit.get("velocity")) == pytest.approx(joint.velocity)
        assert float(limit.get("effort")) > 0.0
    for name, leader in MIMICS.items():
        assert joints[name].find("mimic").get("joint") == leader


def test_every_mesh_is_there_and_every_material_is_defined(robot: Robot, tree: Any) -> None:
    share = "package://x2c_bringup/config/robots/virtual/"
    for mesh in tree.iter("mesh"):
        name = mesh.get("filename")
        assert name.startswith(share)
        assert (robot.folder / name.removeprefix(share)).is_file()
    defined = {material.get("name") for material in tree.findall("material")}
    assert {material.get("name") for material in tree.iterfind("link/visual/material")} <= defined


def test_the_ros_parser_takes_it(path: Path) -> None:
    parser = pytest.importorskip("urdf_parser_py.urdf", reason="urdf-parser-py is not installed")
    parsed = parser.URDF.from_xml_string(path.read_bytes())
    parsed.check_valid()
    assert parsed.get_root() == "torso_link"
    assert CAMERA_FRAME in parsed.link_map


def test_links_are_where_the_simulations_bones_are(robot: Robot, path: Path) -> None:
    described = mujoco.MjModel.from_xml_path(str(path))
    simulated, _ = model.build(robot, 16, 16)
    generator = np.random.default_rng(0)
    for _ in range(5):
        values = generator.uniform(controls.MINIMUM, controls.MAXIMUM)
        positions = dict(zip(robot.joint_names, robot.joint_targets(values), strict=True))
        positions |= {name: positions[leader] for name, leader in MIMICS.items()}
        states = []
        for one in (described, simulated):
            data = mujoco.MjData(one)
            for name, position in positions.items():
                data.qpos[one.joint(name).qposadr[0]] = position
            mujoco.mj_kinematics(one, data)
            states.append(data)
        for bone in BONES:
            if bone.name not in FOLLOWING:
                link, body = states[0].body(link_name(bone.name)), states[1].body(bone.name)
                np.testing.assert_allclose(link.xpos, body.xpos, atol=1e-5)
                np.testing.assert_allclose(link.xmat, body.xmat, atol=1e-4)
    camera = states[0].body(CAMERA_FRAME)
    np.testing.assert_allclose(camera.xpos, simulated.cam_pos[0], atol=1e-5)
    # It looks at the face, and right in the image is the face's left.
    np.testing.assert_allclose(camera.xmat.reshape(3, 3)[:, 2], [-1, 0, 0], atol=1e-5)
    np.testing.assert_allclose(camera.xmat.reshape(3, 3)[:, 0], [0, 1, 0], atol=1e-5)


def test_stl_files_hold_what_was_put_in() -> None:
    triangles = np.random.default_rng(0).normal(size=(7, 3, 3))
    np.testing.assert_allclose(from_stl(to_stl(triangles)), triangles, atol=1e-6)
