# SPDX-License-Identifier: Apache-2.0
"""Set up a robot's motors: find them, move one, calibrate them, change their limits.

  x2c motors drivers                                types of motors, with their options
  x2c motors scan                                   ports of this machine
  x2c motors scan --type feetech --port /dev/ttyACM0
  x2c motors calibrate --robot my_face --type feetech --port /dev/ttyACM0
  x2c motors jog --robot my_face --joint jaw --to 0.2
  x2c motors limits --robot my_face --joint jaw --velocity 2.0
  x2c motors emulate feetech --ids 1-12 --link ~/face_bus

Motors move slowly, one at a time, and stop at Ctrl-C. Stop the imitation first: a bus can be used
by one program only. `emulate` makes a port with emulated motors, to try the commands without
hardware. Types of motors are motor drivers, ours and those of other installed packages.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from x2c_cli.command_parser import CommandParser

if TYPE_CHECKING:
    from collections.abc import Mapping

    from x2c_core.robot.robot import Robot
    from x2c_motors.configuration.boards import Board


_FASTEST = 6.0
"""Calibration moves no motor faster [rad/s]."""

_NEGATIVE = re.compile(r"-\.?\d")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    actions = parser.add_subparsers(
        title="what to do", metavar="ACTION", required=True, parser_class=_ActionParser
    )
    drivers = actions.add_parser("drivers", help="list installed motor drivers and their options")
    drivers.set_defaults(action=_drivers)

    scan = actions.add_parser("scan", help="find ports, and motors on them")
    scan.add_argument("--robot", metavar="R", default="", help="robot whose motors to look for")
    _add_bus(scan)
    scan.set_defaults(action=_scan)

    jog = actions.add_parser("jog", help="move one joint, slowly")
    _add_robot(jog)
    jog.add_argument(
        "--port", metavar="P", default="", help="port to use in place of robot.yaml's"
    )
    jog.add_argument("--joint", metavar="J", help="joint to move (default: asks)")
    way = jog.add_mutually_exclusive_group()
    way.add_argument(
        "--to", metavar="X", help="position, such as 0.2, 10deg; alone: rad, m or ratio"
    )
    way.add_argument("--by", metavar="X", help="distance from its position now")
    way.add_argument("--home", action="store_true", help="move to the neutral position")
    way.add_argument(
        "--sweep", action="store_true", help="move to both limits and back to neutral"
    )
    jog.add_argument(
        "--speed",
        metavar="S",
        type=_share,
        default=0.15,
        help="share of its limits (default: %(default)s)",
    )
    jog.set_defaults(action=_jog)

    calibrate = actions.add_parser("calibrate", help="calibrate all motors, joint by joint")
    _add_robot(calibrate, "folder of the robot; created if missing")
    _add_bus(calibrate)
    calibrate.add_argument("--joint", metavar="J", default="", help="calibrate this one again")
    calibrate.add_argument(
        "--board", metavar="B", type=_board, default="", help="board, if the robot has several"
    )
    calibrate.add_argument(
        "--channels",
        metavar="A-B",
        type=_addresses,
        help="addresses that have a motor, if a scan cannot find out",
    )
    calibrate.add_argument(
        "--way-time",
        metavar="S",
        type=_positive,
        default=0.4,
        help="shortest time of a joint's whole range, for its limits [s] (default: %(default)s)",
    )
    calibrate.add_argument(
        "--speed",
        metavar="S",
        type=_speed,
        default=0.6,
        help="speed of the motors during calibration [rad/s] (default: %(default)s)",
    )
    calibrate.set_defaults(action=_calibrate)

    limits = actions.add_parser("limits", help="show limits, or change those of a joint")
    _add_robot(limits)
    limits.add_argument("--joint", metavar="J", help="joint whose limits to change")
    limits.add_argument(
        "--position",
        metavar=("LOW", "HIGH"),
        nargs=2,
        type=_number,
        help="position limits [rad, m or ratio]",
    )
    for name in ("velocity", "acceleration", "jerk"):
        limits.add_argument(f"--{name}", metavar="X", type=_positive, help=f"highest {name}")
    limits.add_argument("--home", metavar="X", type=_number, help="position of the neutral face")
    limits.set_defaults(action=_limits)

    emulate = actions.add_parser("emulate", help="make a port with emulated motors")
    emulate.add_argument("type", metavar="TYPE", help="type of the motors")
    emulate.add_argument(
        "--ids",
        metavar="A-B",
        type=_addresses,
        default=range(1, 13),
        help="IDs of the servos, or channels (default: 1-12)",
    )
    emulate.add_argument(
        "--link", metavar="PATH", type=Path, required=True, help="path of the port to make"
    )
    emulate.set_defaults(action=_emulate)


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    return int(arguments.action(arguments))


class _ActionParser(CommandParser):
    """Parser of one action; where a type of motors is given, its help lists their options."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A negative number may have a unit, and is no option.
        self._negative_number_matcher = _NEGATIVE

    def error(self, message: str) -> NoReturn:
        """Print what is wrong and what to give, in one sentence, and exit."""
        if message.endswith("are required: --robot"):
            message = (
                "--robot is missing: give the folder of a robot, such as one that "
                "'x2c motors calibrate' has made, or a name that 'x2c robots' lists"
            )
        super().error(message)

    def format_help(self) -> str:
        """Return the help."""
        text = super().format_help()
        if self.get_default("action") not in (_scan, _calibrate, _emulate):
            return text
        # Every driver is imported: only for help that is asked for.
        from x2c_motors.bring_up.driver_list import driver_lines

        lines = "".join(f"  {line}\n" for line in driver_lines())
        return f"{text}\ntypes and their options:\n{lines}"


def _drivers(arguments: argparse.Namespace) -> int:
    from rich.console import Console

    from x2c_motors.bring_up.driver_list import driver_lines

    console = Console(soft_wrap=True, markup=False, highlight=False)
    for line in driver_lines():
        console.print(line)
    return 0


def _scan(arguments: argparse.Namespace) -> int:
    from rich.console import Console

    from x2c_motors.bring_up.scan import show_motors, show_ports
    from x2c_motors.configuration.boards import make_boards

    console = Console()
    options = _options(arguments)
    if not arguments.robot:
        return show_motors(console, options, {}) if "type" in options else show_ports(console)
    robot = _robot(arguments.robot)
    # Of several boards all are looked for, each where robot.yaml says.
    return max(
        show_motors(console, {**_bus_of(section), **options}, _names(board))
        for board, section in zip(make_boards(robot), robot.boards.values(), strict=True)
    )


def _jog(arguments: argparse.Namespace) -> int:
    from rich.console import Console

    from x2c_motors.bring_up.jog import Jog
    from x2c_motors.configuration.boards import port_overrides

    robot = _robot(arguments.robot)
    overrides = port_overrides(robot, arguments.port)
    with Jog(robot, overrides, arguments.speed, Console()) as jog:
        if arguments.joint is None:
            return jog.converse()
        joint = jog.find(arguments.joint)
        if arguments.sweep:
            jog.sweep(joint)
        elif arguments.home:
            jog.to(joint, robot.joints[joint].home)
        elif arguments.by is not None:
            jog.by(joint, jog.number(joint, arguments.by))
        elif arguments.to is not None:
            jog.to(joint, jog.number(joint, arguments.to))
        else:
            jog.tell(joint)
    return 0


def _calibrate(arguments: argparse.Namespace) -> int:
    from rich.console import Console

    from x2c_core.terminal.dialogue import Dialogue
    from x2c_motors.calibration.wizard import run_wizard

    return run_wizard(
        _folder(arguments.robot),
        _options(arguments),
        Dialogue(Console()),
        again=arguments.joint,
        channels=arguments.channels,
        board=arguments.board,
        way_time=arguments.way_time,
        speed=arguments.speed,
    )


def _limits(arguments: argparse.Namespace) -> int:
    from rich.console import Console

    from x2c_motors.bring_up.limits import change_limits, show_limits
    from x2c_motors.errors import MotorCalibrationError

    names = ("position", "velocity", "acceleration", "jerk", "home")
    changes = {name: getattr(arguments, name) for name in names}
    changes = {name: value for name, value in changes.items() if value is not None}
    robot = _robot(arguments.robot)
    console = Console()
    if changes:
        if arguments.joint is None:
            raise MotorCalibrationError("which joint's limits? Give --joint too")
        change_limits(robot.folder, arguments.joint, changes, console)
        robot = _robot(str(robot.folder))
    show_limits(robot, arguments.joint, console)
    return 0


def _emulate(arguments: argparse.Namespace) -> int:
    from rich.console import Console

    from x2c_motors.emulators.emulate import emulate

    return emulate(arguments.type, arguments.ids, arguments.link.expanduser(), Console())


def _add_robot(parser: argparse.ArgumentParser, help_: str = "name or folder of a robot") -> None:
    parser.add_argument("--robot", metavar="R", required=True, help=help_)


def _add_bus(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--type", metavar="TYPE", help="type of the motors")
    parser.add_argument("--port", metavar="P", default="", help="serial port, or I2C bus number")
    parser.add_argument("--baudrate", metavar="B", type=int, help="baud rate of the port [bit/s]")
    parser.add_argument(
        "--option",
        metavar="K=V",
        action="append",
        default=[],
        help="an option of the type, such as series=scs; repeatable",
    )


def _options(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return what the command line says of the driver section."""
    from x2c_core.files.bounded_yaml import load_yaml
    from x2c_motors.drivers import driver_class
    from x2c_motors.errors import MotorCalibrationError

    options: dict[str, Any] = {}
    if arguments.type:
        options["type"] = arguments.type
    if arguments.port:
        kind = driver_class(arguments.type) if arguments.type else None
        options |= kind.at_port(arguments.port) if kind else {"port": arguments.port}
    if arguments.baudrate is not None:
        options["baudrate"] = arguments.baudrate
    for text in arguments.option:
        key, equals, value = text.partition("=")
        if not equals:
            raise MotorCalibrationError(f"--option: expected KEY=VALUE, got {text!r}")
        options[key] = load_yaml(value)
    return options


def _bus_of(section: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in section.items() if key != "joints"}


def _names(board: Board) -> dict[int, str]:
    calibration = board.driver.calibration
    return dict(zip(calibration.addresses, calibration.names, strict=True))


def _robot(name: str) -> Robot:
    from x2c_core.robot.robot_file import load_robot

    return load_robot(_folder(name))


def _folder(name: str) -> Path:
    """Return a robot's folder: a path, one that is there under this name, or an installed one."""
    from x2c_node.robots import find_robot, robot_folders

    path = Path(name).expanduser()
    if "/" in name or name in (".", "..") or path.is_dir() or name not in robot_folders():
        return path
    return find_robot(name)


def _number(text: str) -> float:
    from x2c_motors.bring_up.numbers import parse_number
    from x2c_motors.errors import MotorCalibrationError

    try:
        return parse_number(text, {"": 1.0})
    except MotorCalibrationError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _positive(text: str) -> float:
    number = _number(text)
    if number <= 0.0:
        raise argparse.ArgumentTypeError(f"expected a positive number, got {text!r}")
    return number


def _speed(text: str) -> float:
    number = _positive(text)
    if number > _FASTEST:
        raise argparse.ArgumentTypeError(f"expected {_FASTEST:g} rad/s at most, got {text!r}")
    return number


def _share(text: str) -> float:
    number = _number(text)
    if not 0.01 <= number <= 1.0:
        raise argparse.ArgumentTypeError(f"expected a share from 0.01 to 1, got {text!r}")
    return number


def _board(text: str) -> str:
    if not re.fullmatch(r"([a-z][a-z0-9_]*)?", text):
        raise argparse.ArgumentTypeError(
            f"expected small letters, digits and _, a letter first, got {text!r}"
        )
    return text


def _addresses(text: str) -> range:
    first, _, last = text.partition("-")
    if not first.isdecimal() or not (last or first).isdecimal():
        raise argparse.ArgumentTypeError(f"expected numbers such as 0-11, got {text!r}")
    found = range(int(first), int(last or first) + 1)
    if not found:
        raise argparse.ArgumentTypeError(f"expected the lower number first, got {text!r}")
    return found
