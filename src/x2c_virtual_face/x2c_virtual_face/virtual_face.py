# SPDX-License-Identifier: Apache-2.0
"""The virtual humanoid: takes joint positions, moves as servos do, and shows its face."""

from __future__ import annotations

import copy
from typing import Self

import mujoco
import numpy as np
from numpy.typing import ArrayLike

from x2c_core.arrays import Array, ImageArray
from x2c_core.robot.robot import Robot
from x2c_virtual_face.canvas import Canvas
from x2c_virtual_face.errors import CommandError
from x2c_virtual_face.head import model
from x2c_virtual_face.head.folds.fold_shapes import FOLDS
from x2c_virtual_face.head.landmarks import LandmarkSkin
from x2c_virtual_face.head.rig import BONES, HEAD_BODY, METRES
from x2c_virtual_face.head.scenery import BACKDROP, CAMERA
from x2c_virtual_face.look import Look, apply

_MOST_OPAQUE = 0.99
"""MuJoCo does not look at a texture's own opacity where its material is fully opaque."""

_HEAD_POSITION = np.array(next(bone.position for bone in BONES if bone.name == HEAD_BODY))


class VirtualFace:
    """A simulated face with one servo for each of the robot's joints.

    OpenGL ties an image's context to the thread that made it. The first `render()` makes it, so
    `render()` and `close()` must be called in one and the same thread; everything else may be
    called from any thread, but from one at a time.
    """

    def __init__(
        self, robot: Robot, width: int = 256, height: int = 256, samples: int = 0
    ) -> None:
        """Build the model, at rest in the neutral face.

        Args:
            robot: Description with the virtual humanoid's joints.
            width: Width of the image [px].
            height: Height of the image [px].
            samples: Samples a pixel, for smooth edges; 0 for one, which is fastest.

        Raises:
            RobotMismatchError: The robot's joints are not those of the virtual humanoid.
        """
        self.robot = robot
        self._model, weights = model.build(robot, width, height, samples)
        self._landmarks = LandmarkSkin(self._model, weights)
        self._data = mujoco.MjData(self._model)
        self._size = (width, height)
        self._canvas: Canvas | None = None
        self._as_built: mujoco.MjModel | None = None
        self._new_backdrop = False
        self._owed = 0.0
        self._lower, self._upper = robot.lower, robot.upper
        names = robot.joint_names
        self._qpos = np.array([self._model.joint(name).qposadr[0] for name in names])
        self._dofs = np.array([self._model.joint(name).dofadr[0] for name in names])
        self._servos = np.array([self._model.actuator(name).id for name in names])
        self._followers = [
            (
                self._model.joint(a.name).qposadr[0],
                self._model.joint(a.leader).qposadr[0],
                a.follows,
            )
            for bone in BONES
            for a in bone.axes
            if a.leader
        ]
        self._fold_paints = np.array([self._model.material(fold.name).id for fold in FOLDS])
        self.set_positions(robot.home)

    def command(self, positions: ArrayLike) -> Array:
        """Set where the servos shall go, (n,) [rad or m] in the order of robot.joints.

        Returns:
            What was set: the positions (n,) brought into the joints' limits.

        Raises:
            CommandError: The positions are not n finite numbers.
        """
        wanted = self._checked(positions)
        self._data.ctrl[self._servos] = wanted
        return wanted

    def step(self, seconds: float) -> None:
        """Let time pass [s]; what is less than a time step is carried over to the next call.

        Raises:
            CommandError: The time is negative or not finite.
        """
        if not 0.0 <= seconds < np.inf:
            raise CommandError(f"expected a time to pass of 0 s or more, got {seconds}")
        self._owed += seconds
        count = int(self._owed / model.TIMESTEP + 1e-9)
        self._owed -= count * model.TIMESTEP
        if count:
            mujoco.mj_step(self._model, self._data, nstep=count)
            mujoco.mj_kinematics(self._model, self._data)

    def set_positions(self, positions: ArrayLike) -> Array:
        """Set the joints to positions (n,) [rad or m], at rest; no dynamics.

        Returns:
            What was set: the positions (n,) brought into the joints' limits.

        Raises:
            CommandError: The positions are not n finite numbers.
        """
        wanted = self._checked(positions)
        qpos = self._data.qpos
        qpos[self._qpos] = wanted
        for follower, leader, follows in self._followers:
            qpos[follower] = sum(c * qpos[leader] ** (k + 1) for k, c in enumerate(follows))
        self._data.qvel[:] = 0.0
        self._data.qacc_warmstart[:] = 0.0
        self._data.ctrl[self._servos] = wanted
        mujoco.mj_forward(self._model, self._data)
        return wanted

    def joint_positions(self) -> Array:
        """Return where the joints are, (n,) [rad or m] in the order of robot.joints."""
        return np.asarray(self._data.qpos[self._qpos])

    def joint_velocities(self) -> Array:
        """Return how fast the joints move, (n,) [rad/s or m/s]."""
        return np.asarray(self._data.qvel[self._dofs])

    @property
    def focal_length(self) -> float:
        """Of the camera [px]; its axis goes through the middle of the image."""
        field = np.deg2rad(self._model.camera(CAMERA).fovy[0])
        return float(self._size[1] / (2.0 * np.tan(field / 2.0)))

    @property
    def time(self) -> float:
        """Time passed in the simulation [s]."""
        return float(self._data.time)

    def landmarks(self) -> Array:
        """Return the face landmarks (478, 3) [interocular distances] in the head's own frame.

        They are vertices of the skin, moved as MuJoCo moves them, and points on the eyeballs; head
        and neck leave them unchanged. Order and frame are those of x2c_core.face.topology.
        """
        return self._landmarks.in_head(self._data)

    def head_rotation(self) -> Array:
        """Return the rotation (3, 3) from the head's frame to the world's."""
        return np.asarray(self._data.body(HEAD_BODY).xmat).reshape(3, 3).copy()

    def projection(self) -> Array:
        """Return the matrix (3, 4) that turns positions in the head's frame into pixels.

        Times (x, y, z, 1) [interocular distances] it gives (u·w, v·w, w); u [px] counts from the
        image's left edge, v from its upper edge.
        """
        camera, head = self._data.camera(CAMERA), self._data.body(HEAD_BODY)
        turn = np.asarray(camera.xmat).reshape(3, 3)
        focal, (width, height) = self.focal_length, self._size
        lens = np.array([[focal, 0.0, -width / 2], [0.0, -focal, -height / 2], [0.0, 0.0, -1.0]])
        rotation = self.head_rotation()
        origin = np.asarray(head.xpos) - METRES * np.einsum("ij,j->i", rotation, _HEAD_POSITION)
        # einsum and no matrix product: BLAS rounds by where in memory its arrays happen to lie.
        to_lens = np.einsum("ij,kj->ik", lens, turn)
        whole = np.column_stack([rotation * METRES, origin - camera.xpos])
        return np.asarray(np.einsum("ij,jk->ik", to_lens, whole))

    def set_look(self, look: Look) -> None:
        """Change how images look from now on, whatever the face does."""
        if self._as_built is None:
            self._as_built = copy.copy(self._model)
        self._new_backdrop |= apply(look, self._model, self._as_built)
        mujoco.mj_camlight(self._model, self._data)

    def render(self) -> ImageArray:
        """Return an image (height, width, 3), RGB, of the face as it is now.

        Raises:
            RenderError: No off-screen OpenGL is available.
        """
        if self._canvas is None:
            self._canvas = Canvas(self._model, *self._size)
        elif self._new_backdrop:
            self._canvas.load_texture(BACKDROP)
        self._new_backdrop = False
        self._model.mat_rgba[self._fold_paints, 3] = self._fold_opacities()
        return self._canvas.draw(self._data)

    def _fold_opacities(self) -> Array:
        joints = dict(zip(self.robot.joint_names, self._data.qpos[self._qpos], strict=True))
        return _MOST_OPAQUE * np.array([fold.amount(joints) for fold in FOLDS])

    def close(self) -> None:
        """Free the image's memory, in the thread that rendered; the rest stays usable."""
        if self._canvas is not None:
            self._canvas.close()
            self._canvas = None

    def __enter__(self) -> Self:
        """Return the face itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """Close it."""
        self.close()

    def _checked(self, positions: ArrayLike) -> Array:
        given = np.asarray(positions, dtype=np.float64)
        expected = (len(self.robot.joints),)
        if given.shape != expected or not np.isfinite(given).all():
            raise CommandError(
                f"expected {expected[0]} finite joint positions, got shape {given.shape}: {given}"
            )
        # np.clip takes three times as long for so few numbers.
        return np.minimum(np.maximum(given, self._lower), self._upper)
