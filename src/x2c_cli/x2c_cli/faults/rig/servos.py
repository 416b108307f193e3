# SPDX-License-Identifier: Apache-2.0
"""Servos in software that move a robot, and whose power can be cut."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import yaml

from x2c_core.arrays import Array
from x2c_core.files.bounded_yaml import load_yaml_file
from x2c_core.robot.robot import Robot
from x2c_core.robot.robot_file import FILE_NAME, load_robot
from x2c_motors.configuration.boards import make_driver
from x2c_motors.emulators import EMULATORS
from x2c_motors.emulators.servo_bus import ServoBus
from x2c_motors.errors import EmulatorError
from x2c_node.robots import find_robot

ROBOT = "example_twelve"
"""Name of the robot that they move."""

_SINKING = 0.8
"""Speed at which joints sink: share of their limit, so that all that is faster is a jump."""

_BOTTOM = 0.05
"""Place that joints sink to, from the lower limit: share of their range."""


class Servos:
    """Servos of a robot on an emulated bus, which is there while this is entered.

    Joints sink while their servos' torque is disabled.

    Attributes:
        robot: Robot that they move, in a folder of its own.

    Args:
        kind: Type of the servos, as in a driver section.
    """

    def __init__(self, kind: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="x2c_servos_")
        folder = Path(self._folder.name)
        port = folder / "port"
        self.robot: Robot = _write_robot(folder, kind, port)
        driver = make_driver(self.robot)
        self._calibration = driver.calibration
        self._bus = _bus_class(kind)(port, self._calibration.addresses)
        self._servos = [self._bus.servos[address] for address in self._calibration.addresses]
        lower, upper = self.robot.lower, self.robot.upper
        bottoms = self._calibration.to_raw(lower + _BOTTOM * (upper - lower))
        parts = zip(
            self._servos, bottoms, self.robot.joints, driver.settings.calibrations, strict=True
        )
        for servo, bottom, joint, calibration in parts:
            servo.bottom = float(bottom)
            servo.sinking = _SINKING * joint.velocity * calibration.scale

    def __enter__(self) -> Servos:
        """Plug the bus in."""
        self._bus.plug()
        return self

    def __exit__(self, *error: object) -> None:
        """Unplug the bus, and remove the robot's folder."""
        try:
            self._bus.unplug()
        finally:
            self._folder.cleanup()

    @property
    def positions(self) -> Array:
        """Positions of the joints (n,) [rad]."""
        with self._bus.lock:
            raw = [servo.position for servo in self._servos]
        return self._calibration.to_positions(raw)

    @property
    def without_torque(self) -> tuple[str, ...]:
        """Names of joints whose servos have no torque."""
        servos = zip(self._calibration.names, self._servos, strict=True)
        return tuple(name for name, servo in servos if not servo.torque)

    def cut(self, joints: Sequence[int]) -> None:
        """Cut the power of some joints' servos: they have no torque and do not answer."""
        addresses = [self._calibration.addresses[joint] for joint in joints]
        with self._bus.lock:
            self._bus.unplugged |= set(addresses)
            self._bus.power_cycle(addresses)

    def restore(self) -> None:
        """Restore the power of all servos: they answer again, with torque disabled."""
        with self._bus.lock:
            self._bus.unplugged.clear()


def _bus_class(kind: str) -> type[ServoBus]:
    emulator = EMULATORS.load(kind)
    if not issubclass(emulator, ServoBus):
        raise EmulatorError(f"{kind}: expected emulated servos whose power can be cut")
    return emulator


def _write_robot(folder: Path, kind: str, port: Path) -> Robot:
    """Write the robot with servos of another kind at another port, and return it."""
    original = find_robot(ROBOT)
    content = load_yaml_file(original / FILE_NAME)
    content["driver"] |= {"type": kind, "port": str(port)}
    content["expression_model"] = str(load_robot(original).expression_model)
    text = yaml.safe_dump(content, sort_keys=False)
    (folder / FILE_NAME).write_text(text, encoding="utf-8")
    return load_robot(folder)
