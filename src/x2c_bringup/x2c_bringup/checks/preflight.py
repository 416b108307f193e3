# SPDX-License-Identifier: Apache-2.0
"""Everything that can keep the nodes of a graph from starting, looked up before the first one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from ament_index_python import PackageNotFoundError, get_package_prefix
from rclpy.context import Context
from rclpy.exceptions import InvalidNamespaceException, InvalidTopicNameException
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.validate_namespace import validate_namespace
from rclpy.validate_topic_name import validate_topic_name

from x2c_actuation.parameters import ActuationParameters
from x2c_bringup.errors import GraphError
from x2c_bringup.graph.installation import installation
from x2c_bringup.graph.node_specs import NodeSpec
from x2c_bringup.graph.parameter_values import parameters_of
from x2c_core.errors import X2CError
from x2c_core.robot.robot_file import load_robot
from x2c_core.sources.camera_source import CAMERA_SOURCES
from x2c_imitation.backends import make_imitator, option_class
from x2c_imitation.face_mixer.source_settings import declared_sources
from x2c_imitation.face_mixer_node import FaceMixerParameters
from x2c_imitation.imitation_parameters import ImitationParameters
from x2c_node.robots import find_robot
from x2c_perception.camera_node import CameraParameters
from x2c_perception.cameras.choice import choose_source_class

T = TypeVar("T")


def check_graph(specs: Sequence[NodeSpec]) -> None:
    """Refuse a graph of which a node could not start.

    Motors and cameras may come later, so these are not opened.

    Args:
        specs: Specifications of the nodes.

    Raises:
        GraphError: Reasons, one a line, each with what to do.
    """
    files = dict.fromkeys(spec.params_file for spec in specs if spec.params_file)
    reasons = _reasons(_params_file, files)
    if not reasons:
        for name, check in _CHECKS.items():
            reasons += _reasons(check, [spec for spec in specs if spec.executable == name])
    reasons += _reasons(_executable, specs) + _reasons(_names, specs)
    if reasons:
        raise GraphError("\n".join(dict.fromkeys(reasons)))


def check_program(program: str, apt_package: str) -> None:
    """Refuse a program that is not there.

    Args:
        program: Name of the program.
        apt_package: The ROS package that holds it.

    Raises:
        GraphError: It is not installed.
    """
    if shutil.which(program) is None:
        raise GraphError(f"there is no program {program}: {installation(apt_package)}")


def _reasons(check: Callable[[T], None], of: Iterable[T]) -> list[str]:
    """Return why some fail a check."""
    reasons = []
    for one in of:
        try:
            check(one)
        except X2CError as error:
            reasons.append(str(error))
    return reasons


def _executable(spec: NodeSpec) -> None:
    try:
        prefix = get_package_prefix(spec.package)
    except PackageNotFoundError:
        others = ", or build it with the others" if spec.is_ours else ""
        todo = installation(spec.package) + others
        raise GraphError(f"package {spec.package} is not installed: {todo}") from None
    program = Path(prefix, "lib", spec.package, spec.executable)
    if not os.access(program, os.X_OK):
        raise GraphError(f"package {spec.package} has no executable {program}: install it again")


def _names(spec: NodeSpec) -> None:
    namespace = spec.full_name.rpartition("/")[0] or "/"
    try:
        validate_namespace(namespace)
    except InvalidNamespaceException as error:
        raise GraphError(f"namespace: {_reason(error)}") from None
    for _, new in spec.remappings:
        try:
            validate_topic_name(new)
        except InvalidTopicNameException as error:
            raise GraphError(f"image_topic: {_reason(error)}") from None


def _params_file(file: str) -> None:
    """Let ROS itself read the file, as the nodes will."""
    path = Path(file).absolute()
    if not path.is_file():
        raise GraphError(f"params_file: there is no parameter file {path}")
    context = Context()
    try:
        context.init(args=["--ros-args", "--params-file", str(path)])
    except rclpy_implementation.RCLError as error:
        raise GraphError(f"params_file: ROS cannot read {path}: {_reason(error)}") from None
    context.shutdown()


def _camera(spec: NodeSpec) -> None:
    params = parameters_of(spec, CameraParameters)
    cls, text = choose_source_class(params.video_device, params.filename)
    source = CAMERA_SOURCES.make(cls, text, parameters_of(spec, cls.Options))
    if not source.is_live:
        with source:
            pass


def _imitation(spec: NodeSpec) -> None:
    params = parameters_of(spec, ImitationParameters)
    options = parameters_of(spec, option_class(params.backend))
    make_imitator(params.backend, load_robot(find_robot(params.robot)), vars(options))


def _actuation(spec: NodeSpec) -> None:
    load_robot(find_robot(parameters_of(spec, ActuationParameters).robot))


def _mixer(spec: NodeSpec) -> None:
    declared_sources(parameters_of(spec, FaceMixerParameters).sources_file)


def _motors(spec: NodeSpec) -> None:
    # Local: most graphs move no motors, and start sooner without what these need.
    from x2c_motors.configuration.boards import make_boards, port_overrides
    from x2c_motors.motor_driver_node import MotorDriverParameters

    params = parameters_of(spec, MotorDriverParameters)
    robot = load_robot(find_robot(params.robot))
    make_boards(robot, port_overrides(robot, params.port))


_CHECKS: dict[str, Callable[[NodeSpec], None]] = {
    "camera_node": _camera,
    "imitation_node": _imitation,
    "face_mixer_node": _mixer,
    "actuation_node": _actuation,
    "motor_driver_node": _motors,
}


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())
