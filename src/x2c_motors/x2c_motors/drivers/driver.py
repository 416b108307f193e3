# SPDX-License-Identifier: Apache-2.0
"""What every motor driver can do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from x2c_motors.description.joint_calibration import BoardCalibration
from x2c_motors.description.options import AddressForm, Option, RawScale
from x2c_motors.description.settings import WRAP_REMEDY, DriverSettings
from x2c_motors.errors import Fault

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Health:
    """What the motors say of themselves.

    Attributes:
        values: By name, with units, for `/diagnostics`.
        warnings: Sentences for users; empty where all is well.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class MotorState:
    """Whether a motor is still as it was energised.

    Attributes:
        holds: Whether it has torque, and goes where it is sent.
        trouble: Why it cannot be given torque, and what to do; empty where it can.
    """

    holds: bool
    trouble: str = ""


@dataclass(frozen=True)
class Found:
    """A motor found on a bus.

    Attributes:
        address: Its id or channel.
        model: What it is, as far as it tells.
        raw: Where it is [raw]; NaN where it cannot tell.
        notes: Anything else worth knowing, such as voltage and temperature.
    """

    address: int
    model: str
    raw: float
    notes: str = ""


class MotorDriver(ABC):
    """Sends positions to the motors of one robot, all by one thread at a time.

    Every method that talks to motors raises DriverError; after `Fault.LOST` the driver has to be
    closed and opened anew, after `Fault.ABSENT` it can be opened again as it is. A motor that does
    not answer while others do is no error: its position is NaN, and the fault is counted in
    `faults`.

    Attributes:
        measures: Whether `read` tells where the motors are; else it tells what was sent to them.
        can_relax: Whether torque can be taken off.
        default_rate: Commands a second where the robot does not say [Hz].
        longest_retry: Longest pause between two attempts to open it [s].
        usual_baudrates: Those at which motors are looked for, the most usual one first.
        address_form: What a joint's wire says in robot.yaml.
        options: Further keys of the driver section.
        faults: How often each fault has happened.

    Args:
        settings: Of the robot's driver section.
    """

    name: ClassVar[str]
    measures: ClassVar[bool] = True
    can_relax: ClassVar[bool] = True
    default_rate: ClassVar[float] = 100.0
    longest_retry: ClassVar[float] = 10.0
    usual_baudrates: ClassVar[tuple[int, ...]] = ()
    address_form: ClassVar[AddressForm]
    options: ClassVar[Mapping[str, Option]]

    def __init__(self, settings: DriverSettings) -> None:
        self.settings = settings
        self.calibration = BoardCalibration(settings.calibrations, self.resolution(settings))
        self.faults: Counter[Fault] = Counter()

    @classmethod
    def resolution(cls, settings: DriverSettings) -> float:
        """Return the smallest step of the device [raw]."""
        return 1.0

    @classmethod
    def at_port(cls, text: str) -> dict[str, Any]:
        """Return the options that say where the motors are connected.

        Args:
            text: Port as users give it.

        Raises:
            DriverSettingsError: It cannot be one.
        """
        return {"port": text}

    @classmethod
    @abstractmethod
    def raw_scale(cls, address: int, options: Mapping[str, Any]) -> RawScale:
        """Return the raw values of a motor, from its address and the driver section's options."""

    @property
    def place(self) -> str:
        """Where the motors are connected, for messages to users."""
        return str(self.settings.options["port"])

    @abstractmethod
    def open(self) -> None:
        """Connect, and set what has to be set; no motor moves."""

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
            self._send(which, raw[which])
        return self.calibration.to_positions(raw)

    def read(self, joints: Sequence[int] | None = None) -> Array:
        """Return where the joints are (n,) [rad or m]; NaN for those that cannot be told.

        Args:
            joints: Places of those to ask; all where None. The others are NaN.

        Raises:
            DriverError: No motor answers.
        """
        places = list(self._places(joints))
        raw = np.full(len(self.calibration), np.nan)
        if places:
            raw[places] = self._receive(places)
        return self.calibration.to_positions(raw)

    @abstractmethod
    def torque(self, on: bool, joints: Sequence[int] | None = None) -> None:
        """Let motors hold their positions, or go limp.

        Args:
            on: Whether they hold.
            joints: Their places; all where None.

        Raises:
            DriverError: It cannot be sent.
        """

    def prepare(self, joints: Sequence[int]) -> None:
        """Set what motors need before they get torque, and have lost with their power.

        Args:
            joints: Their places.

        Raises:
            DriverError: It cannot be sent.
        """
        return

    def check(self, joints: Sequence[int]) -> Mapping[int, MotorState]:
        """Return whether motors still hold, by their places, without those that do not answer.

        Args:
            joints: Places of those to ask, which were energised.

        Raises:
            DriverError: They cannot be asked.
        """
        return {joint: MotorState(True) for joint in joints}

    def outside(self, joint: int, position: float) -> str:
        """Return the report on a joint that stands outside its raw range, or across the wrap.

        Sent the nearest that may be sent, it would go there as fast as it can.

        Args:
            joint: Its place.
            position: Where it stands [rad or m].
        """
        inside = "moved inside by hand" if self.measures else "without power for a moment"
        places = np.full(len(self.calibration), np.nan)
        places[joint] = position
        if self.calibration.across(places)[joint]:
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
        """Return what the motors say of themselves.

        Raises:
            DriverError: They cannot be asked.
        """
        return Health()

    def scan(self) -> list[Found]:
        """Return the motors that answer on the opened bus, whatever the robot's wires say.

        Raises:
            DriverError: They cannot be asked.
        """
        return []

    @abstractmethod
    def _send(self, joints: NDArray[np.intp], raw: Array) -> None:
        """Send raw values (k,) to the joints with these places (k,)."""

    @abstractmethod
    def _receive(self, joints: Sequence[int]) -> Array:
        """Return raw values (k,) of joints with these places, NaN where they cannot be told."""

    def _places(self, joints: Sequence[int] | None) -> Sequence[int]:
        return range(len(self.calibration)) if joints is None else joints
