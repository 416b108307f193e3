# SPDX-License-Identifier: Apache-2.0
"""Walk an owner from motor to motor until robot.yaml knows them all."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from typing import Any

from rich.markup import escape

from x2c_core.robot.robot import Joint
from x2c_core.system.fields import specs
from x2c_core.terminal.dialogue import Dialogue
from x2c_motors.bring_up.editor import RobotEditor
from x2c_motors.bring_up.joint_mover import JointMover
from x2c_motors.bring_up.numbers import SHARES, parse_number
from x2c_motors.calibration.control_choice import control_table, find_control
from x2c_motors.calibration.measured_joint import RISE, MeasuredJoint
from x2c_motors.calibration.pose_teaching import PoseTeaching
from x2c_motors.calibration.progress import Progress
from x2c_motors.configuration.settings_reader import build_driver, read_settings
from x2c_motors.description.options import RawScale
from x2c_motors.drivers import driver_class
from x2c_motors.drivers.driver import MotorDriver
from x2c_motors.drivers.reports import Found
from x2c_motors.errors import DriverError, Fault, MotorCalibrationError, WrapError

_NAME = re.compile(r"[a-z][a-z0-9_]*")


def driver_keys(board: str) -> tuple[str, ...]:
    """Return the keys of a board's section in robot.yaml; the name is empty for the only one."""
    return ("drivers", board) if board else ("driver",)


def driver_section(editor: RobotEditor, keys: Sequence[str]) -> Mapping[str, Any]:
    """Return a board's section in robot.yaml, empty where there is none."""
    entry: Any = editor.content
    for key in keys:
        entry = entry.get(key) or {}
    return dict(entry)


class MotorCalibration:
    """One owner's walk through the motors of one robot; what is marked is saved at once.

    Args:
        editor: Editor of the robot's file.
        options: Type and options of the driver section.
        dialogue: Dialogue with the owner.
        way_time: Shortest time of a joint's whole range [s].
        speed: At which motors are moved [rad/s].
        board: Name of the board in robot.yaml; empty where the robot has one.

    Raises:
        DriverSettingsError: There is no such driver.
    """

    def __init__(
        self,
        editor: RobotEditor,
        options: Mapping[str, Any],
        dialogue: Dialogue,
        way_time: float,
        speed: float,
        board: str = "",
    ) -> None:
        self._editor = editor
        self._driver = driver_class(options.get("type"))
        self._options = dict(options)
        self._dialogue = dialogue
        self._way_time, self._speed = way_time, speed
        self._keys = driver_keys(board)
        self._progress = Progress(editor.folder, board)

    @property
    def known(self) -> dict[int, str]:
        """Names of the joints that robot.yaml has already, by their motors' addresses."""
        key = self._driver.address_form.key
        joints = driver_section(self._editor, self._keys).get("joints") or {}
        return {entry[key]: str(name) for name, entry in joints.items() if key in entry}

    def run(self, motors: Sequence[Found], again: str = "") -> int:
        """Walk through motors, and return how many were finished.

        Args:
            motors: Those there are.
            again: Name of a joint to calibrate again; empty: all motors not known yet.

        Raises:
            Quit: The owner wants to stop.
            DriverError: A motor cannot be reached.
            MotorCalibrationError: There is no such joint.
        """
        known = self.known
        if again and again not in known.values():
            names = ", ".join(known.values()) or "none yet"
            raise MotorCalibrationError(f"there is no joint {again!r}; joints: {names}")
        chosen = [one for one in motors if known.get(one.address, "") == again]
        finished = 0
        for number, motor in enumerate(chosen, start=1):
            self._dialogue.say(
                f"\n[bold]Motor {number} of {len(chosen)}[/bold]: "
                f"{self._driver.address_form.key} {motor.address}  {motor.model}  {motor.notes}"
            )
            finished += self._calibrate(motor.address, again)
        return finished

    def _calibrate(self, address: int, again: str) -> bool:
        measured = self._progress.take(address)
        measured.name = measured.name or again
        driver, joint, raw = self._alone(address)
        try:
            return self._walk(measured, JointMover(driver, [joint], 1.0), raw)
        except DriverError as error:
            if error.fault is not Fault.REFUSED:
                raise
            # It stands where its torque may not be enabled; calibrate the others meanwhile.
            return self._refuse(measured, MotorCalibrationError(str(error)))

    def _walk(self, measured: MeasuredJoint, mover: JointMover, raw: RawScale) -> bool:
        with mover:
            teaching = PoseTeaching(mover, raw, measured, self._dialogue)
            if not teaching.begin():
                return False
            self._name(measured)
            self._choose_control(measured)
            try:
                for pose in measured.missing:
                    teaching.mark(pose)
                    self._progress.keep(measured)
            except WrapError as error:
                # Where it is mounted next, the marks are elsewhere.
                measured.forget_marks()
                return self._refuse(measured, error)
            finally:
                # Also what was said of a pose that was not marked yet.
                self._progress.keep(measured)
            try:
                self._entries(measured, raw)
            except MotorCalibrationError as error:
                self._progress.forget(measured)
                return self._refuse(measured, error)
            teaching.rest()
            self._choose_shares(measured)
        return self._finish(measured, raw)

    def _alone(self, address: int) -> tuple[MotorDriver, Joint, RawScale]:
        """Return a driver of this motor alone, in the whole range that it has."""
        # Between two answers of an owner much time passes, in which nothing is sent.
        quiet = self._driver.without_watchdog()
        bare = read_settings({**self._options, "joints": {}}, (), self._driver)
        raw = self._driver.raw_scale(address, bare.options)
        joint = Joint(
            name="motor",
            type="revolute",
            lower=raw.to_position(raw.lowest),
            upper=raw.to_position(raw.highest),
            velocity=self._speed,
            acceleration=self._speed / RISE,
            jerk=self._speed / RISE**2,
            home=0.0,
        )
        motor_entry = {
            **self._joint_options(self.known.get(address, "")),
            self._driver.address_form.key: address,
            "raw": [raw.lowest, raw.highest],
        }
        section = {**self._options, "joints": {joint.name: motor_entry}}
        settings = read_settings(section, (joint,), self._driver, quiet)
        return build_driver(self._driver, settings), joint, raw

    def _joint_options(self, name: str) -> dict[str, Any]:
        """Return the options that robot.yaml has for a joint, which calibration keeps."""
        joints = driver_section(self._editor, self._keys).get("joints") or {}
        known = specs(self._driver.JointOptions)
        return {key: value for key, value in joints.get(name, {}).items() if key in known}

    def _name(self, measured: MeasuredJoint) -> None:
        others = {name for address, name in self.known.items() if address != measured.address}
        for section in (self._editor.content.get("drivers") or {}).values():
            others |= set(section.get("joints") or {}) - set(self.known.values())
        while not measured.name:
            name = self._dialogue.ask("Name of the joint, such as jaw or brow_left:")
            if not _NAME.fullmatch(name):
                self._dialogue.say("Small letters, digits and _ please, a letter first.")
            elif name in others:
                self._dialogue.say(f"{name} is taken; joints so far: {', '.join(sorted(others))}")
            else:
                measured.name = name
        self._progress.keep(measured)

    def _choose_control(self, measured: MeasuredJoint) -> None:
        while not measured.chosen:
            text = self._dialogue.ask(
                "Which control moves it most? Its number or name; list: show all; Enter: none."
            )
            if text == "list":
                self._dialogue.console.print(control_table())
                continue
            try:
                measured.control = find_control(text) if text else ""
            except MotorCalibrationError as error:
                self._dialogue.report(error)
                continue
            measured.chosen = True
            self._dialogue.say(f"[green]{measured.control or 'no control'}[/green]")
        self._progress.keep(measured)

    def _choose_shares(self, measured: MeasuredJoint) -> None:
        while text := self._dialogue.ask(
            "Another control that moves it too, and by what share of its way, such as "
            "'neck pitch 0.5'? Enter: none."
        ):
            name, _, share = text.rpartition(" ")
            try:
                control, number = find_control(name), parse_number(share, SHARES)
            except MotorCalibrationError as error:
                self._dialogue.report(error)
                self._dialogue.say("Expected a control and a share from -1 to 1.")
                continue
            if control == measured.control or not -1.0 <= number <= 1.0:
                self._dialogue.say("Expected another control, and a share from -1 to 1.")
                continue
            measured.shares[control] = number
            self._progress.keep(measured)

    def _finish(self, measured: MeasuredJoint, raw: RawScale) -> bool:
        joint, mixing, motor_entry = self._entries(measured, raw)
        self._write(measured.name, joint, mixing, motor_entry)
        self._progress.forget(measured)
        lower, upper = joint["position"]
        turned = "" if motor_entry["direction"] == 1 else ", turned round"
        self._dialogue.say(
            f"[green]Saved {measured.name}[/green]: {upper - lower:.2f} rad of way{turned}, in "
            f"{escape(str(self._editor.path))}"
        )
        return True

    def _entries(
        self, measured: MeasuredJoint, raw: RawScale
    ) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
        return measured.entries(self._driver.address_form, raw, self._way_time)

    def _refuse(self, measured: MeasuredJoint, error: MotorCalibrationError) -> bool:
        name = measured.name or f"{self._driver.address_form.key} {measured.address}"
        text = str(error).removeprefix(f"{name}: ")
        self._dialogue.say(
            f"[red]{name}: {escape(text)}[/red]. The same command begins this motor again."
        )
        return False

    def _write(
        self, name: str, joint: dict[str, Any], mixing: dict[str, Any], motor_entry: dict[str, Any]
    ) -> None:
        editor = self._editor
        if "name" not in editor.content:
            self._begin_file()
        editor.put(("joints", name), joint)
        editor.section("mixing").pop(name, None)
        if mixing:
            editor.put(("mixing", name), mixing)
        section = editor.section(*self._keys)
        for key, value in self._options.items():
            section.setdefault(key, value)
        kept = self._joint_options(name)
        editor.put((*self._keys, "joints", name), {**motor_entry, **kept})
        editor.save()

    def _begin_file(self) -> None:
        from x2c_core.robot.robot_file import load_robot
        from x2c_node.robots import find_robot

        editor = self._editor
        editor.content["name"] = editor.folder.resolve().name
        editor.content["description"] = "A face of my own."
        editor.put(("units",), {"angle": "rad", "length": "m"})
        editor.content["expression_model"] = "expression_model.npz"
        editor.section("joints")
        model = editor.folder / "expression_model.npz"
        if not model.exists():
            # Until the owner fits one to images of the robot.
            editor.folder.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(load_robot(find_robot("virtual")).expression_model, model)
            self._dialogue.say(
                f"{escape(str(model))} is that of the virtual humanoid, to begin with."
            )
