# SPDX-License-Identifier: Apache-2.0
"""Servos that obey a robot's limits: strength and damping from velocity and acceleration."""

from __future__ import annotations

import mujoco

from x2c_core.robot.robot import Joint

_DAMPING_RATIO = 0.9
_ROTOR_SHARE = 60.0


def tune(model: mujoco.MjModel, joints: tuple[Joint, ...]) -> None:
    """Set armature, damping, gain and force limit of every servo in the compiled model.

    A saturated servo pulls with a force that gives the joint's acceleration at rest, against a
    damping that lets it run no faster than the joint's velocity. The gain follows from the
    damping ratio.
    """
    for joint in joints:
        dof = model.joint(joint.name).dofadr[0]
        # A geared motor's rotor outweighs what it moves, so other joints hardly disturb it.
        model.dof_armature[dof] = _ROTOR_SHARE * model.dof_M0[dof]
    extent = float(model.stat.extent)
    mujoco.mj_setConst(model, mujoco.MjData(model))
    # It has also measured the scene again, and the camera's clipping planes go by that size.
    model.stat.extent = extent
    for joint in joints:
        dof = model.joint(joint.name).dofadr[0]
        servo = model.actuator(joint.name).id
        inertia = model.dof_M0[dof]
        force = inertia * joint.acceleration
        damping = force / joint.velocity
        stiffness = (damping / (2.0 * _DAMPING_RATIO)) ** 2 / inertia
        model.dof_damping[dof] = damping
        model.actuator_gainprm[servo, 0] = stiffness
        model.actuator_biasprm[servo, 1:3] = (-stiffness, 0.0)
        model.actuator_forcerange[servo] = (-force, force)
