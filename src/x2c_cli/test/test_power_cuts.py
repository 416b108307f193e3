# SPDX-License-Identifier: Apache-2.0
from types import SimpleNamespace

import numpy as np
import pytest

from x2c_actuation.safety.state_machine import State
from x2c_cli.errors import FaultError
from x2c_cli.faults.rig.servos import Servos
from x2c_cli.faults.scenarios import power_cuts
from x2c_motors.configuration.boards import make_driver
from x2c_motors.errors import DriverError

pytestmark = pytest.mark.slow

KINDS = ("feetech", "dynamixel")


@pytest.fixture(params=KINDS)
def servos(request):
    with Servos(request.param) as made:
        yield made


@pytest.fixture
def driver(servos):
    section = servos.robot.driver
    made = make_driver(servos.robot, {"port": section["port"], "reply_time": 1.0})
    made.open()
    yield made
    made.close()


def have_sunk(servos):
    """Return whether all servos are where they sink to without torque."""
    bottom = servos.robot.lower + 0.05 * (servos.robot.upper - servos.robot.lower)
    return np.allclose(servos.positions, bottom, atol=0.002)


def test_a_driver_of_the_robot_meets_the_servos_where_they_are(servos, driver, wait_until):
    assert servos.without_torque == servos.robot.joint_names
    wait_until(lambda: have_sunk(servos), what="the bottom")
    # The last steps may still be under way.
    np.testing.assert_allclose(driver.read(), servos.positions, atol=0.004)


def test_servos_without_power_are_without_torque_and_silent(servos, driver, wait_until):
    driver.torque(True)
    wait_until(lambda: not servos.without_torque, what="torque")
    servos.cut([0, 2])
    names = servos.robot.joint_names
    assert servos.without_torque == (names[0], names[2])
    assert np.isnan(driver.read())[[0, 1, 2]].tolist() == [True, False, True]
    servos.restore()
    assert np.isfinite(driver.read()).all()
    assert servos.without_torque == (names[0], names[2])
    servos.cut(range(len(names)))
    with pytest.raises(DriverError):
        driver.read()


def rig_of(servos, state=State.ACTIVE, commanded=None):
    """Return a rig whose joints are where the servos are."""
    return SimpleNamespace(
        robot=servos.robot,
        servos=servos,
        state=state,
        commanded=servos.positions if commanded is None else commanded,
        note=lambda text: None,
        wait=lambda seconds: None,
    )


@pytest.fixture
def soon(monkeypatch):
    monkeypatch.setattr(power_cuts, "_FOLLOWING", 0.01)


@pytest.fixture
def in_vain(soon, monkeypatch):
    monkeypatch.setattr(power_cuts, "_LONGEST", 0.1)


def test_servos_that_stay_without_torque_are_a_fault(servos, in_vain, wait_until):
    wait_until(lambda: have_sunk(servos), what="servos that sink no further")
    with pytest.raises(
        FaultError, match=r"torque disabled: jaw, .*head_nod; not at their targets: none"
    ):
        power_cuts.power_cuts(rig_of(servos))


def test_joints_that_do_not_come_back_are_a_fault(in_vain):
    lower, upper = np.zeros(2), np.ones(2)
    joints = [
        SimpleNamespace(name=name, lower=0.0, upper=1.0, velocity=1.0) for name in ("jaw", "lid")
    ]
    robot = SimpleNamespace(joint_names=("jaw", "lid"), joints=joints, lower=lower, upper=upper)
    servos = SimpleNamespace(
        robot=robot,
        without_torque=(),
        positions=np.array([0.5, 0.2]),
        cut=lambda joints: None,
        restore=lambda: None,
    )
    with pytest.raises(FaultError, match="torque disabled: none; not at their targets: lid"):
        power_cuts.power_cuts(rig_of(servos, commanded=np.array([0.55, 0.5])))
    with pytest.raises(FaultError, match="actuation is HOLDING"):
        power_cuts.power_cuts(rig_of(servos, State.HOLDING))


def test_a_fault_of_actuation_is_reset_once_the_servos_have_torque(soon):
    joint = SimpleNamespace(name="jaw", lower=0.0, upper=1.0, velocity=1.0)
    robot = SimpleNamespace(joint_names=("jaw",), joints=[joint])
    servos = SimpleNamespace(
        robot=robot,
        without_torque=(),
        positions=np.array([0.5]),
        cut=lambda joints: None,
        restore=lambda: None,
    )
    rig = rig_of(servos, State.FAULT)
    done = []
    rig.note = done.append
    # The first reset comes too early.
    rig.reset = lambda: setattr(rig, "state", State.DISABLED) if done.count("reset") > 1 else None
    rig.enable = lambda: setattr(rig, "state", State.ACTIVE)
    power_cuts.power_cuts(rig)
    assert done[:4] == ["reset", "reset", "enabled", "power of all gone for 0.06 s"]
    assert done.count("reset") == 2
