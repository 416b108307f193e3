# SPDX-License-Identifier: Apache-2.0
"""The simulated face as a robot: servos, limits, image."""

from __future__ import annotations

import dataclasses
import threading
import time
import weakref

import mujoco
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from x2c_core.control_space import controls
from x2c_core.robot.robot import Robot
from x2c_core.robot.robot_file import load_robot
from x2c_node.robots import find_robot
from x2c_virtual_face.errors import CommandError, RenderError, RobotMismatchError
from x2c_virtual_face.head import model
from x2c_virtual_face.head.rig import BONES, METRES
from x2c_virtual_face.thread_context import thread_context
from x2c_virtual_face.virtual_face import VirtualFace


def test_model_is_built_quickly(robot: Robot) -> None:
    # Processor time, in which other programs do not count; it takes 0.5 s.
    model._compiled.cache_clear()
    start = time.process_time()
    VirtualFace(robot)
    assert time.process_time() - start < 3.0


def test_faces_of_one_robot_share_what_is_painted_and_nothing_that_changes(robot: Robot) -> None:
    one, shares = model.build(robot, 64, 48)
    other, same = model.build(robot, 32, 16, 4)
    assert same is shares
    assert not shares.flags.writeable
    one.opt.timestep = 1.0
    one.tex_data[:] = 0
    assert other.opt.timestep == model.TIMESTEP
    assert other.tex_data.any()
    assert (one.vis.global_.offwidth, one.vis.global_.offheight) == (64, 48)
    assert (other.vis.global_.offwidth, other.vis.global_.offheight) == (32, 16)
    assert (one.vis.quality.offsamples, other.vis.quality.offsamples) == (0, 4)


def test_a_robot_with_other_limits_has_a_model_of_its_own(robot: Robot) -> None:
    wider = tuple(dataclasses.replace(one, upper=one.upper + 0.1) for one in robot.joints)
    own, _ = model.build(robot, 16, 16)
    other, _ = model.build(dataclasses.replace(robot, joints=wider), 16, 16)
    name = robot.joints[0].name
    assert other.joint(name).range[1] == pytest.approx(own.joint(name).range[1] + 0.1)


def test_each_thread_draws_all_its_faces_in_one_context(
    drawing_face: VirtualFace, robot: Robot
) -> None:
    expected = drawing_face.render()
    context = thread_context()
    found = []

    def draw() -> None:
        with VirtualFace(robot) as face:
            found.append(face.render())
        with VirtualFace(robot) as face:
            found.append(face.render())
        found.append(weakref.ref(thread_context()))

    thread = threading.Thread(target=draw)
    thread.start()
    thread.join(60.0)
    first, second, other = found
    np.testing.assert_array_equal(first, expected)
    np.testing.assert_array_equal(second, expected)
    assert thread_context() is context
    assert other() is None, "it ends with its thread"


def test_robot_with_other_joints_is_refused_by_name(robot: Robot) -> None:
    odd = dataclasses.replace(robot.joints[0], name="left_ear")
    other = dataclasses.replace(robot, joints=(odd, *robot.joints[1:]))
    with pytest.raises(RobotMismatchError, match="brow_inner_left, left_ear"):
        VirtualFace(other)


def test_robot_with_joints_of_another_type_is_refused_by_name() -> None:
    # It has the same names, but its joints are ratios: 0.6 m would tear a brow off.
    with pytest.raises(RobotMismatchError, match=r"another type .*: brow_inner_left, "):
        VirtualFace(load_robot(find_robot("ameca")))


def test_neutral_controls_are_the_home_position(robot: Robot) -> None:
    np.testing.assert_allclose(robot.joint_targets(controls.NEUTRAL), robot.home, atol=1e-12)


def test_joints_lag_behind_the_command_and_arrive(face: VirtualFace, robot: Robot) -> None:
    target = robot.joint_targets(controls.MAXIMUM)
    moving = np.abs(target - robot.home) > 1e-6
    face.command(target)
    face.step(0.02)
    early = face.joint_positions()
    share = (early - robot.home)[moving] / (target - robot.home)[moving]
    assert (share > 0.0).all()
    assert (share < 0.6).all()
    face.step(1.0)
    span = robot.upper - robot.lower
    assert (np.abs(face.joint_positions() - target) < 0.01 * span).all()


def test_lid_shuts_in_less_than_a_quarter_second(face: VirtualFace, robot: Robot) -> None:
    lid = robot.joint_names.index("eyelid_upper_left")
    target = robot.joint_targets(controls.from_names({"Eyelid Upper Left": 0.0}))
    face.command(target)
    face.step(0.25)
    assert abs(face.joint_positions()[lid] - target[lid]) < 0.05 * abs(target[lid])


def test_servos_obey_position_and_velocity_limits(face: VirtualFace, robot: Robot) -> None:
    limits = np.array([joint.velocity for joint in robot.joints])
    span = robot.upper - robot.lower
    rng = np.random.default_rng(5)
    for _ in range(8):
        face.command(rng.uniform(robot.lower, robot.upper))
        for _ in range(15):
            face.step(0.01)
            assert (np.abs(face.joint_velocities()) < 1.15 * limits).all()
            positions = face.joint_positions()
            assert (positions > robot.lower - 0.03 * span).all()
            assert (positions < robot.upper + 0.03 * span).all()


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    positions=st_numpy.arrays(
        np.float64, 30, elements=st.floats(-1e6, 1e6, allow_nan=False, width=64)
    )
)
def test_any_finite_command_is_clamped_and_survived(
    face: VirtualFace, robot: Robot, positions: np.ndarray
) -> None:
    accepted = face.command(positions)
    assert (accepted >= robot.lower).all()
    assert (accepted <= robot.upper).all()
    face.step(0.05)
    assert np.isfinite(face.joint_positions()).all()
    assert np.isfinite(face.landmarks()).all()


@pytest.mark.parametrize("bad", [np.zeros(29), np.full(30, np.nan), np.full(30, np.inf)])
def test_unusable_positions_are_refused(face: VirtualFace, bad: np.ndarray) -> None:
    with pytest.raises(CommandError, match="30 finite joint positions"):
        face.command(bad)
    with pytest.raises(CommandError, match="30 finite joint positions"):
        face.set_positions(bad)


@pytest.mark.parametrize("bad", [-0.1, np.nan, np.inf])
def test_unusable_time_is_refused(face: VirtualFace, bad: float) -> None:
    with pytest.raises(CommandError, match="time to pass"):
        face.step(bad)


def test_left_over_time_is_carried_to_the_next_step(face: VirtualFace) -> None:
    start = face.time
    for _ in range(30):
        face.step(1.0 / 30.0)
    assert face.time - start == pytest.approx(1.0, abs=0.003)


def test_same_commands_give_the_same_motion(robot: Robot) -> None:
    def run() -> np.ndarray:
        face = VirtualFace(robot)
        rng = np.random.default_rng(3)
        for _ in range(10):
            face.command(rng.uniform(robot.lower, robot.upper))
            face.step(1.0 / 30.0)
        return np.concatenate([face.joint_positions(), face.landmarks().ravel()])

    np.testing.assert_array_equal(run(), run())


def test_landmarks_are_the_skin_that_mujoco_draws(face: VirtualFace, robot: Robot) -> None:
    rng = np.random.default_rng(1)
    face.set_positions(rng.uniform(robot.lower, robot.upper))
    scene = mujoco.MjvScene(face._model, maxgeom=100)
    mujoco.mjv_updateScene(
        *(face._model, face._data, mujoco.MjvOption(), None, mujoco.MjvCamera()),
        *(mujoco.mjtCatBit.mjCAT_ALL, scene),
    )
    start = 3 * scene.skinvertadr[face._model.skin("face").id]
    drawn = np.asarray(scene.skinvert).ravel()[start : start + 3 * 468].reshape(-1, 3)
    head = face._data.body("head")
    rest = next(bone.position for bone in BONES if bone.name == "head")
    in_head = (drawn - head.xpos) @ head.xmat.reshape(3, 3) / METRES + rest
    np.testing.assert_allclose(face.landmarks()[:468], in_head, atol=1e-4)


def test_image_has_the_size_asked_and_shows_something(robot: Robot) -> None:
    with VirtualFace(robot, width=160, height=120) as small:
        try:
            image = small.render()
        except RenderError as error:
            pytest.skip(str(error))
        assert image.shape == (120, 160, 3)
        assert image.dtype == np.uint8
        assert image.std() > 20.0


def test_image_is_deterministic_and_follows_the_face(
    drawing_face: VirtualFace, robot: Robot
) -> None:
    neutral = drawing_face.render()
    np.testing.assert_array_equal(drawing_face.render(), neutral)
    drawing_face.set_positions(robot.joint_targets(controls.from_names({"Jaw Pitch": 0.3})))
    assert np.abs(drawing_face.render().astype(int) - neutral).max() > 50


def test_closed_face_can_still_be_moved_and_drawn(drawing_face: VirtualFace) -> None:
    before = drawing_face.render()
    drawing_face.close()
    drawing_face.step(0.01)
    assert drawing_face.render().shape == before.shape


def test_closing_one_face_leaves_another_ones_image_alone(
    drawing_face: VirtualFace, robot: Robot
) -> None:
    before = drawing_face.render()
    with VirtualFace(robot) as other:
        other.render()
        drawing_face.render()
    np.testing.assert_array_equal(drawing_face.render(), before)


def test_timestep_is_short_enough_for_the_servos(face: VirtualFace) -> None:
    assert isinstance(face._model, mujoco.MjModel)
    assert 0.002 <= face._model.opt.timestep <= 0.004
