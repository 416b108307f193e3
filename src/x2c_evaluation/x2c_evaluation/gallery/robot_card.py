# SPDX-License-Identifier: Apache-2.0
"""Card of a robot in the gallery; what is missing is said, and the rest is shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from cv2.typing import MatLike

from x2c_core.arrays import Mask
from x2c_core.control_space import controls
from x2c_core.control_space.controls import Group
from x2c_core.control_space.expressions import EXPRESSIONS, values
from x2c_core.errors import RobotError, X2CError
from x2c_core.face.expression_model import MODEL_ADVICE
from x2c_core.robot.robot import Joint, Robot
from x2c_core.robot.robot_file import load_robot
from x2c_imitation.x2cnet.transfer.robot_image import read_robot_image
from x2c_motors.configuration.boards import board_name, make_boards
from x2c_motors.drivers import has_motors
from x2c_virtual_face.errors import RobotMismatchError
from x2c_virtual_face.virtual_face import VirtualFace

NEUTRAL = "neutral"
"""Name of the expression that every robot with an image has."""

_SIDE = 240
_SAMPLES = 4
_QUALITY = 88


@dataclass(frozen=True)
class ExpressionCard:
    """A named expression of a robot.

    Attributes:
        name: Name of the expression.
        moved: Number of its controls that move a joint of the robot.
        controls: Number of its controls.
        image: JPEG; empty for none.
    """

    name: str
    moved: int
    controls: int
    image: bytes = b""


@dataclass(frozen=True)
class JointRow:
    """A joint as the table shows it; all texts with units.

    Attributes:
        name: Name of the joint.
        positions: Lowest and highest position.
        home: Position of the neutral face.
        velocity: Highest speed.
        acceleration: Highest acceleration.
        jerk: Highest jerk.
        controls: Names of the controls that move it.
    """

    name: str
    positions: str
    home: str
    velocity: str
    acceleration: str
    jerk: str
    controls: str


@dataclass(frozen=True)
class RobotCard:
    """A robot in the gallery.

    Attributes:
        name: Name of the robot.
        description: Its description.
        failed: Reason why the robot cannot be read; empty if it can.
        expressions: Named expressions, the neutral one first.
        groups: Group of controls, with (name, whether a joint follows it) of each.
        joints: Joints in the order of commands.
        driver: Driver that moves the joints.
        facts: (name, text) of further properties.
        missing: Things that are not there, and what needs them.
    """

    name: str
    description: str = ""
    failed: str = ""
    expressions: tuple[ExpressionCard, ...] = ()
    groups: tuple[tuple[str, tuple[tuple[str, bool], ...]], ...] = ()
    joints: tuple[JointRow, ...] = ()
    driver: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def covered(self) -> int:
        """Number of controls that move a joint."""
        return sum(moved for _, members in self.groups for _, moved in members)

    @property
    def unmoved(self) -> list[str]:
        """Names of the controls that move no joint."""
        return [name for _, members in self.groups for name, moved in members if not moved]

    @property
    def has_images(self) -> bool:
        """True if the robot is shown with other expressions than the neutral one."""
        return any(one.image for one in self.expressions if one.name != NEUTRAL)

    @property
    def neutral(self) -> bytes:
        """JPEG of the neutral face; empty for none."""
        return next((one.image for one in self.expressions if one.name == NEUTRAL), b"")


@dataclass
class _Images:
    """Images of a robot by name of the expression, and why there are no others."""

    found: dict[str, bytes] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)


def robot_card(folder: Path) -> RobotCard:
    """Return the card of the robot in a folder."""
    try:
        robot = load_robot(folder)
    except RobotError as error:
        return RobotCard(folder.name, failed=str(error))
    images = _images(robot)
    followed = robot.followed
    return RobotCard(
        name=robot.name,
        description=robot.description,
        expressions=tuple(_expressions(followed, images)),
        groups=tuple(
            (str(group), tuple(_moved(controls.group_indices(group), followed))) for group in Group
        ),
        joints=tuple(_joint_row(robot, place) for place in range(len(robot.joints))),
        driver=_driver(robot, images),
        facts=tuple(_facts(robot)),
        missing=(*images.missing, *_missing(robot)),
    )


def _moved(indices: Iterable[int], followed: Mask) -> Iterator[tuple[str, bool]]:
    for index in indices:
        yield controls.NAMES[index], bool(followed[index])


def _expressions(followed: Mask, images: _Images) -> Iterator[ExpressionCard]:
    for name, deflections in EXPRESSIONS.items():
        moved = sum(bool(followed[controls.index(one)]) for one in deflections)
        yield ExpressionCard(name, moved, len(deflections), images.found.get(name, b""))


def _images(robot: Robot) -> _Images:
    images = _Images()
    try:
        with VirtualFace(robot, _SIDE, _SIDE, _SAMPLES) as face:
            for name in EXPRESSIONS:
                face.set_positions(robot.joint_targets(values(name)))
                images.found[name] = _jpeg(cv2.cvtColor(face.render(), cv2.COLOR_RGB2BGR))
        return images
    except RobotMismatchError:
        images.missing.append(
            "images of its expressions: its joints are not those of the virtual humanoid, the "
            "only robot that can be drawn"
        )
    except X2CError as error:
        images.missing.append(f"images of its expressions: {error}")
    try:
        photograph = read_robot_image(robot.neutral_image)[:, :, ::-1]
        height, width = photograph.shape[:2]
        scale = _SIDE / max(height, width)
        size = max(round(width * scale), 1), max(round(height * scale), 1)
        images.found[NEUTRAL] = _jpeg(cv2.resize(photograph, size, interpolation=cv2.INTER_AREA))
    except X2CError:
        images.missing.append(
            f"an image: put a photograph of the neutral robot into its folder as "
            f"{robot.neutral_image.name}, which 'x2cnet' needs too"
        )
    return images


def _jpeg(image: MatLike) -> bytes:
    encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1]
    return bytes(encoded.tobytes())


def _joint_row(robot: Robot, place: int) -> JointRow:
    joint = robot.joints[place]
    scale, unit = _unit(joint)
    names = dict.fromkeys(
        controls.NAMES[one.control] for one in robot.curves if one.joint == place
    )

    def text(value: float, per: str = "") -> str:
        units = (unit or "1") + per if unit or per else ""
        return f"{_number(value * scale)} {units}".rstrip()

    return JointRow(
        name=joint.name,
        positions=f"{_number(joint.lower * scale)} … {text(joint.upper)}",
        home=text(joint.home),
        velocity=text(joint.velocity, "/s"),
        acceleration=text(joint.acceleration, "/s²"),
        jerk=text(joint.jerk, "/s³"),
        controls=", ".join(names) or "none",
    )


def _number(value: float) -> str:
    """Return a number with four digits that count, never with an exponent."""
    return np.format_float_positional(float(f"{value:.4g}"), trim="-")


def _unit(joint: Joint) -> tuple[float, str]:
    return {"prismatic": (1e3, "mm"), "revolute": (1.0, "rad")}.get(joint.type, (1.0, ""))


def _driver(robot: Robot, images: _Images) -> str:
    if not robot.boards and EXPRESSIONS.keys() <= images.found.keys():
        return "simulated by virtual_face_node"
    if not robot.boards:
        return f"none: another program moves the joints ({robot.command_interface} commands)"
    said = []
    for key, section in robot.boards.items():
        name = board_name(key)
        said.append(f"{name}: {section.get('type')}" if name else str(section.get("type")))
    return ", ".join(said)


def _facts(robot: Robot) -> Iterator[tuple[str, str]]:
    yield "commands", str(robot.command_interface)
    yield "coupled limits", str(len(robot.coupled_limits))
    gains = {str(group): gain for group, gain in robot.gains.items() if gain != 1.0}
    yield "gains", ", ".join(f"{name} {gain:g}" for name, gain in gains.items()) or "1 everywhere"


def _missing(robot: Robot) -> Iterator[str]:
    if has_motors(robot):
        try:
            make_boards(robot)
        except X2CError as error:
            yield f"a usable driver section: {error}"
    if not robot.expression_model.is_file():
        yield f"the expression model, which the backend 'solver' needs: {MODEL_ADVICE}"
    if not robot.network.is_file():
        yield "a mapping network, which the backend 'x2cnet' needs: 'x2c train' makes one"
    if not any(robot.folder.glob("*.urdf")):
        yield "a URDF, with which RViz, Foxglove and Rerun show its joints"
