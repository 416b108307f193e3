# SPDX-License-Identifier: Apache-2.0
"""Interface of all motor drivers."""

from __future__ import annotations

import inspect
import math
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from x2c_core.arrays import Array
from x2c_core.system.fields import FieldError, NoOptions, from_text
from x2c_motors.description.joint_calibration import BoardCalibration
from x2c_motors.description.options import AddressForm, RawScale
from x2c_motors.description.settings import WRAP_REMEDY, DriverSettings
from x2c_motors.drivers.declaration import driver_fault
from x2c_motors.drivers.failures import guarded, raw_values, silenced
from x2c_motors.drivers.reports import Found, Health, MotorState
from x2c_motors.errors import DriverSettingsError, Fault

_GUARDED: Mapping[str, type] = {
    "open": object,
    "write": np.ndarray,
    "read": np.ndarray,
    "send_raw": object,
    "receive_raw": object,
    "torque": object,
    "prepare": object,
    "check": Mapping,
    "health": Health,
    "scan": Sequence,
}
"""Type that each method which talks to motors returns."""


class MotorDriver(ABC):
    """Connection to the motors of one board, used by one thread at a time.

    Every method that talks to motors raises DriverError. After `Fault.LOST` the driver has to be
    closed and opened again; after `Fault.ABSENT` it can be opened again as it is. A motor that
    does not answer while others do is no error: its position is NaN, and the fault is counted in
    `faults`.

    A joint's index is its place among the joints of the board, from 0. What differs between
    drivers is declared as class attributes:

    Attributes:
        address_form: Key and range of motor addresses in robot.yaml.
        Options: Frozen dataclass of described fields: further keys of the driver section.
        JointOptions: The same for further keys of each joint in that section.
        port_option: Option that says where the motors are connected; empty if there is none.
        serial: Whether that is a serial port: a scan then tries all serial ports.
        usual_baudrates: Baud rates that a scan tries, the most usual first; set by the option
            `baudrate`.
        watchdog_option: Option that sets how long after the last command motors stop by
            themselves, 0 for never; empty if they do not.
        measures: Whether `read` measures positions; otherwise it returns what was sent.
        can_disable_torque: Whether torque can be disabled.
        detects_motors: Whether only addresses with a motor answer a scan; otherwise, as with
            hobby servos, users say which have one.
        calibrated: Whether raw values have a fixed meaning, so that nothing is calibrated.
        default_rate: Commands per second if robot.yaml gives no rate [Hz].
        longest_retry: Longest pause between two attempts to open it [s].

    The others belong to the instance:

    Attributes:
        settings: Settings of the driver section.
        options: Instance of `Options` with the user's values.
        calibration: Conversion between joint positions and raw values.
        faults: Number of faults by kind, for `/diagnostics`.

    Args:
        settings: Settings of the driver section.
    """

    address_form: ClassVar[AddressForm]
    Options: ClassVar[type[Any]] = NoOptions
    JointOptions: ClassVar[type[Any]] = NoOptions
    port_option: ClassVar[str] = "port"
    serial: ClassVar[bool] = False
    usual_baudrates: ClassVar[tuple[int, ...]] = ()
    watchdog_option: ClassVar[str] = ""
    measures: ClassVar[bool] = True
    can_disable_torque: ClassVar[bool] = True
    detects_motors: ClassVar[bool] = True
    calibrated: ClassVar[bool] = False
    default_rate: ClassVar[float] = 100.0
    longest_retry: ClassVar[float] = 10.0

    options: Any

    def __init_subclass__(cls, **arguments: Any) -> None:
        """Let the methods of a subclass that talk to motors raise nothing but DriverError."""
        super().__init_subclass__(**arguments)
        for name in (*_GUARDED, "close"):
            owner = next(one for one in cls.__mro__ if name in vars(one))
            method = vars(owner)[name]
            # Methods of a mixin are wrapped too; those of other drivers have been.
            if not inspect.isfunction(method) or (
                owner is not cls and issubclass(owner, MotorDriver)
            ):
                continue
            if name == "close":
                setattr(cls, name, silenced(method))
            else:
                setattr(cls, name, guarded(method, _GUARDED[name], name))

    def __init__(self, settings: DriverSettings) -> None:
        self.settings = settings
        self.options = settings.options
        resolution = self.resolution(self.options)
        if not 0.0 < resolution < math.inf:
            raise DriverSettingsError(
                f"{settings.key}: the motor driver has a resolution of {resolution!r}: expected "
                "a number above 0"
            )
        self.calibration = BoardCalibration(settings.calibrations, resolution)
        self.faults: Counter[Fault] = Counter()

    @classmethod
    @abstractmethod
    def raw_scale(cls, address: int, options: Any) -> RawScale:
        """Return the raw values of a motor.

        Args:
            address: Address of the motor.
            options: Instance of `Options`.
        """

    @classmethod
    def resolution(cls, options: Any) -> float:
        """Return the smallest step of the device [raw].

        Args:
            options: Instance of `Options`.
        """
        return 1.0

    @classmethod
    def at_port(cls, text: str) -> dict[str, Any]:
        """Return the options that connect the driver at a port.

        Args:
            text: Port as users give it.

        Raises:
            DriverSettingsError: It is no port of such motors.
        """
        if not cls.port_option:
            raise DriverSettingsError("port: these motors have none")
        try:
            return {cls.port_option: from_text(cls.Options, cls.port_option, text)}
        except FieldError as error:
            reason = str(error).removeprefix(f"{cls.port_option}: ")
            raise DriverSettingsError(f"port: {reason}") from error

    @classmethod
    def without_watchdog(cls) -> dict[str, Any]:
        """Return the options with which motors wait without limit, as for motion by hand."""
        return {cls.watchdog_option: 0.0} if cls.watchdog_option else {}

    @classmethod
    def can_scan(cls) -> bool:
        """Return whether motors can be looked for."""
        return cls.scan is not MotorDriver.scan

    @classmethod
    def declaration_fault(cls) -> str:
        """Return what a class declares that is impossible, as one clause; empty if nothing."""
        return driver_fault(cls)

    @property
    def place(self) -> str:
        """Port or address of the motors, for messages to users."""
        return str(getattr(self.options, self.port_option, self.settings.type))

    @abstractmethod
    def open(self) -> None:
        """Connect and configure the motors; no motor moves.

        Raises:
            DriverError: The motors cannot be reached.
        """

    @abstractmethod
    def close(self) -> None:
        """Disconnect; the motors stay as they are. Never raises."""

    def write(self, positions: ArrayLike) -> Array:
        """Send positions (n,) [rad or m] and return what was really sent (n,), in whole steps.

        A joint whose position is NaN is left alone.

        Raises:
            DriverError: It cannot be sent.
        """
        raw = self.calibration.to_raw(positions)
        which = np.flatnonzero(np.isfinite(raw))
        if which.size:
            self.send_raw(which, raw[which])
        return self.calibration.to_positions(raw)

    def read(self, joints: Sequence[int] | None = None) -> Array:
        """Return where the joints are (n,) [rad or m]; NaN if unknown.

        Args:
            joints: Indices of the joints to ask; None for all. The others are NaN.

        Raises:
            DriverError: No motor answers.
        """
        indices = list(self.joint_indices(joints))
        raw = np.full(len(self.calibration), np.nan)
        if indices:
            raw[indices] = raw_values(self.receive_raw(indices), len(indices))
        return self.calibration.measured(raw)

    @abstractmethod
    def torque(self, on: bool, joints: Sequence[int] | None = None) -> None:
        """Enable or disable torque.

        Args:
            on: Whether torque is enabled: motors hold their positions.
            joints: Indices of the joints; None for all.

        Raises:
            DriverError: It cannot be sent.
        """

    def prepare(self, joints: Sequence[int]) -> None:
        """Set what motors need before torque is enabled, and what they lose with their power.

        Args:
            joints: Indices of the joints.

        Raises:
            DriverError: It cannot be sent.
        """
        return

    def check(self, joints: Sequence[int]) -> Mapping[int, MotorState]:
        """Return whether motors still hold, by joint index, without those that do not answer.

        Args:
            joints: Indices of joints whose torque was enabled.

        Raises:
            DriverError: They cannot be asked.
        """
        return {joint: MotorState(True) for joint in joints}

    def outside(self, joint: int, position: float) -> str:
        """Return the report on a joint that stands outside its raw range, or across the wrap.

        Sent the nearest position allowed, it would go there as fast as it can.

        Args:
            joint: Index of the joint.
            position: Position of the joint [rad or m].
        """
        inside = "moved inside by hand" if self.measures else "without power for a moment"
        positions = np.full(len(self.calibration), np.nan)
        positions[joint] = position
        if self.calibration.across(positions)[joint]:
            return (
                f"{self.calibration.names[joint]} stands at {position:.2f}, past the place where "
                "its servo's readings start again: it would go the long way round and is left "
                f"alone until it is {inside}. If its way leads over that place, {WRAP_REMEDY}"
            )
        name = self.calibration.names[joint]
        return (
            f"{name} stands at {position:.2f}, outside {self.settings.key}.joints.{name}.raw: it "
            f"is left alone until it is {inside}, or that range is widened"
        )

    def health(self) -> Health:
        """Return the condition of the motors.

        Raises:
            DriverError: They cannot be asked.
        """
        return Health()

    def scan(self) -> list[Found]:
        """Return the motors that answer on the opened bus, whether robot.yaml has them or not.

        A driver that does not override this cannot look for motors.

        Raises:
            DriverError: They cannot be asked.
        """
        return []

    @abstractmethod
    def send_raw(self, joints: NDArray[np.intp], raw: Array) -> None:
        """Send goals, already within range and in whole steps.

        Args:
            joints: Indices of the joints (k,).
            raw: Goal of each (k,) [raw].

        Raises:
            DriverError: It cannot be sent.
        """

    @abstractmethod
    def receive_raw(self, joints: Sequence[int]) -> Array:
        """Return raw values (k,) of joints; NaN for those that do not answer.

        Args:
            joints: Indices of the joints (k,).

        Raises:
            DriverError: No motor answers.
        """

    def joint_indices(self, joints: Sequence[int] | None) -> Sequence[int]:
        """Return indices of joints, of all if None."""
        return range(len(self.calibration)) if joints is None else joints
