# SPDX-License-Identifier: Apache-2.0
"""Keep what was marked on motors that are not finished yet."""

from __future__ import annotations

import json
from pathlib import Path

from x2c_core.files.bounded_json import load_json_file
from x2c_motors.calibration.measured_joint import MeasuredJoint
from x2c_motors.errors import MotorCalibrationError

FILE_NAME = "calibration_progress.json"


class Progress:
    """Motors in work, by address, in a file that is there as long as there are any.

    Args:
        folder: Folder of the robot.
        board: Name of the board; empty where the robot has one.

    Raises:
        MotorCalibrationError: There is such a file that cannot be read.
    """

    def __init__(self, folder: Path, board: str = "") -> None:
        self._path = folder / (f"calibration_progress_{board}.json" if board else FILE_NAME)
        self._motors: dict[int, MeasuredJoint] = {}
        try:
            content = load_json_file(self._path)
            self._motors = {one["address"]: MeasuredJoint.from_dict(one) for one in content}
        except FileNotFoundError:
            return
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise MotorCalibrationError(
                f"{self._path} cannot be read: {error}; delete it to start again"
            ) from error

    def take(self, address: int) -> MeasuredJoint:
        """Return what is known of a motor, or a new one."""
        return self._motors.get(address) or MeasuredJoint(address)

    def keep(self, measured: MeasuredJoint) -> None:
        """Write down what is known of a motor."""
        self._motors[measured.address] = measured
        self._write()

    def forget(self, measured: MeasuredJoint) -> None:
        """Drop a motor, which is finished or must be started again."""
        self._motors.pop(measured.address, None)
        self._write()

    def _write(self) -> None:
        if not self._motors:
            self._path.unlink(missing_ok=True)
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        part = self._path.with_suffix(".part")
        part.write_text(json.dumps([one.as_dict() for one in self._motors.values()], indent=1))
        part.replace(self._path)
