# SPDX-License-Identifier: Apache-2.0
"""The graph: which nodes there are, with which names, parameters and remappings.

Both ways to run read it: the launch file (nodes as processes) and the composed process. Names of
topics meet in the nodes' own defaults, so only what the user moves is remapped here.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from x2c_bringup.errors import GraphError
from x2c_bringup.graph.options import GraphOptions
from x2c_bringup.graph.recording import recording_folder
from x2c_bringup.graph.robot_description import (
    DEFAULT_ROBOT,
    robot_description,
    root_link,
)
from x2c_core.errors import RobotError, X2CError
from x2c_core.files.regular_files import check_regular
from x2c_core.robot.robot_file import load_robot
from x2c_core.system.fields import from_assignments
from x2c_imitation.backends import DEFAULT_BACKEND, options_from_texts
from x2c_motors.drivers import has_motors
from x2c_node.parameter_file import ParameterFile
from x2c_node.robots import find_robot
from x2c_perception.cameras.choice import choose_source_class

ParameterValue = str | bool | int | float

_STATELESS = (
    *("camera_node", "face_tracker_node", "imitation_node", "face_frames_node", "humans_node"),
)
"""Nodes that can start again in the middle: no emergency stop, command or file depends on them."""


_SHARED = {"face_tracker_node": "perception", "actuation_node": "actuation_with_mixer"}
"""Executables that run a node and its companions, by the node's name."""


@dataclass(frozen=True)
class NodeSpec:
    """One node of the graph.

    Attributes:
        package: Package of its executable.
        executable: Name of its executable.
        class_path: Its class as "module:Class", for the composed process; empty for a program
            that is none of ours, which runs as a process only.
        name: Name of the node.
        namespace: Namespace of the node; empty for the root.
        parameters: Go before those of the file, which go before the node's own defaults.
        params_file: Path of a YAML file; empty for none.
        surrounding: Parameters that a launch file around this one sets for all its nodes; the
            file's go before them.
        remappings: Pairs of names, from and to.
        log_level: Lowest level that it logs.
        respawn: Whether the launch file starts it again when it fails.
        host: Name of the node whose process runs this one too, so that messages between the two
            take no way through the middleware; empty for a process of its own.
    """

    package: str
    executable: str
    class_path: str
    name: str
    namespace: str = ""
    parameters: Mapping[str, ParameterValue] = field(default_factory=dict)
    params_file: str = ""
    surrounding: Mapping[str, ParameterValue] = field(default_factory=dict)
    remappings: tuple[tuple[str, str], ...] = ()
    log_level: str = "info"
    respawn: bool = False
    host: str = ""

    @property
    def is_ours(self) -> bool:
        """True for a lifecycle node with diagnostics, as all nodes of the project are."""
        return bool(self.class_path)

    @property
    def full_name(self) -> str:
        """Name with its namespace, from the root."""
        return "/".join(["", *filter(None, self.namespace.split("/")), self.name])


def build_graph(options: GraphOptions) -> tuple[NodeSpec, ...]:
    """Return the nodes, each after those whose messages it takes.

    Raises:
        GraphError: The robot is to be described and has no URDF, the parameter file is no regular
            file, or the camera source has no such option.
        ImitationError: The backend has no such option, or its value cannot be used.
        RobotError: The robot is to be described and there is none of this name.
    """
    robot = options.robot
    _check_parameter_file(options.params_file)
    nodes = []
    if options.camera:
        nodes.append(_camera(options))
    tracking: dict[str, ParameterValue | None] = {
        "image_transport": options.image_transport,
        "neutral_file": options.neutral_file,
    }
    if options.rotate:
        # What camera_node has turned, as the user says, is upright.
        tracking["rotate"] = 0 if options.camera else int(options.rotate)
    nodes += [
        _node(options, "x2c_perception", "face_tracker_node", **tracking),
        _imitation(options),
    ]
    # Only what differs from the nodes' own defaults.
    mixed = options.shares_face or None
    if mixed:
        nodes.append(_node(options, "x2c_imitation", "face_mixer_node"))
    nodes.append(_node(options, "x2c_actuation", "actuation_node", robot=robot, mixer=mixed))
    if options.face:
        nodes.append(_node(options, *_motors(robot), robot=robot))
    nodes += _sources(options)
    if options.frames or options.description:
        nodes.append(_frames(options))
    if options.humans:
        nodes.append(_node(options, "x2c_perception", "humans_node"))
    if options.description:
        nodes.append(_state_publisher(options))
    if folder := recording_folder(options.record):
        nodes.append(_node(options, "x2c_bags", "recorder_node", output=folder, mixer=mixed))
    return _composed(options, nodes) if options.use_composition else tuple(nodes)


def companions(spec: NodeSpec, specs: Iterable[NodeSpec]) -> tuple[NodeSpec, ...]:
    """Return the nodes of a graph that run in the process of one of them, too."""
    return tuple(one for one in specs if one.host == spec.name)


def program(spec: NodeSpec, beside: Sequence[NodeSpec]) -> tuple[str, str, list[str]]:
    """Return package, executable and first arguments of what runs a node, with its companions."""
    if not beside:
        return spec.package, spec.executable, []
    return "x2c_bringup", _SHARED[spec.name], [one.name for one in beside]


def _composed(options: GraphOptions, nodes: Sequence[NodeSpec]) -> tuple[NodeSpec, ...]:
    """Return the nodes, some of which run in the process of another one.

    What moves the robot shares no process with what sees: neither waits for the other's work, and
    no camera driver, network or plug-in can take it along.
    """
    hosts = {"camera_node": "face_tracker_node", "face_mixer_node": "actuation_node"}
    if any(node.name == "imitation_node" and _is_quick(options, node) for node in nodes):
        hosts["imitation_node"] = "face_tracker_node"
    return tuple(replace(node, host=hosts.get(node.name, "")) for node in nodes)


def _is_quick(options: GraphOptions, node: NodeSpec) -> bool:
    """Return whether a face is imitated while the tracker would wait for the next image."""
    try:
        return _backend(options, node) == DEFAULT_BACKEND
    except X2CError:
        # The node refuses the file and says why.
        return False


def _sources(options: GraphOptions) -> list[NodeSpec]:
    """Return the nodes that share the face with imitation."""
    sources = []
    if options.idle:
        sources.append(_node(options, "x2c_sources", "idle_node"))
    if options.blendshapes:
        choices = {"format": options.blendshapes, "robot": options.robot}
        sources.append(
            _node(options, "x2c_sources", "blendshape_node", mirror=options.mirror, **choices)
        )
    if options.speaks:
        microphone = options.microphone
        sources.append(_node(options, "x2c_sources", "speech_node", microphone=microphone))
    return sources


def _camera(options: GraphOptions) -> NodeSpec:
    choices = {"filename": options.filename, "video_device": options.video_device}
    turn = int(options.rotate) if options.rotate else None
    node = _node(
        options, "x2c_perception", "camera_node", loop=options.loop, rotate=turn, **choices
    )
    if options.video_device and not options.filename:
        # A file named in the parameter file would replace the camera.
        node = replace(node, parameters={**node.parameters, "filename": ""})
    if not options.camera_options:
        return node
    file = options.params_file
    said = ParameterFile(Path(file)).of(node.full_name) if file else {}
    where = {"video_device": "0", "filename": "", **said, **node.parameters}
    try:
        cls, _ = choose_source_class(str(where["video_device"]), str(where["filename"]))
        chosen = from_assignments(cls.Options, shlex.split(options.camera_options))
    except (X2CError, ValueError) as error:
        raise GraphError(f"camera_options: {error}") from error
    return replace(node, parameters={**chosen, **node.parameters})


def _imitation(options: GraphOptions) -> NodeSpec:
    choices = {"robot": options.robot, "backend": options.backend}
    node = _node(options, "x2c_imitation", "imitation_node", mirror=options.mirror, **choices)
    if not options.backend_options:
        return node
    chosen = options_from_texts(_backend(options, node), options.backend_options)
    return replace(node, parameters={**chosen, **node.parameters})


def _backend(options: GraphOptions, node: NodeSpec) -> str:
    """Return the name of the backend with which the imitation node will start.

    Raises:
        ParameterFileError: The parameter file, which may say it, cannot be read.
    """
    said: Mapping[str, object] = {}
    if not options.backend and options.params_file:
        said = ParameterFile(Path(options.params_file)).of(node.full_name)
    return options.backend or str(said.get("backend", "")) or DEFAULT_BACKEND


def _check_parameter_file(path: str) -> None:
    """Refuse what ROS would open and wait for, or read without end."""
    if path and (file := Path(path).expanduser()).exists():
        try:
            check_regular(file)
        except OSError as error:
            raise GraphError(f"params_file: cannot read {file}: {error.strerror}") from error


def _motors(robot: str) -> tuple[str, str]:
    """Return package and executable of what moves a robot's joints."""
    # The parameter file can name another robot; for its motors to be driven it is named here.
    try:
        motors = bool(robot) and has_motors(load_robot(find_robot(robot)))
    except RobotError:
        # The nodes refuse it and say why.
        motors = False
    if not motors:
        return "x2c_virtual_face", "virtual_face_node"
    return "x2c_motors", "motor_driver_node"


def _node(
    options: GraphOptions, package: str, executable: str, **choices: ParameterValue | None
) -> NodeSpec:
    class_name = "".join(word.capitalize() for word in executable.split("_"))
    # Only what the user chose, so that the parameter file can say it too.
    choices |= {"autostart": options.autostart, "use_sim_time": options.use_sim_time}
    return NodeSpec(
        package=package,
        executable=executable,
        class_path=f"{package}.{executable}:{class_name}",
        name=executable,
        namespace=options.namespace,
        parameters=given(choices),
        params_file=options.params_file,
        remappings=image_remappings(options.image_topic),
        log_level=options.log_level,
        respawn=options.respawn and executable in _STATELESS,
    )


def _frames(options: GraphOptions) -> NodeSpec:
    described = options.description
    parent = root_link(robot_description(options.robot or DEFAULT_ROBOT)) if described else ""
    # The file can say it too, for a camera that is mounted elsewhere.
    node = _node(options, "x2c_perception", "face_frames_node")
    file = options.params_file
    said = ParameterFile(Path(file)).of(node.full_name) if file else {}
    if "parent_frame" in said or not parent:
        return node
    return replace(node, parameters={**node.parameters, "parent_frame": parent})


def _state_publisher(options: GraphOptions) -> NodeSpec:
    choices = {
        "robot_description": robot_description(options.robot or DEFAULT_ROBOT),
        "use_sim_time": options.use_sim_time,
    }
    return NodeSpec(
        package="robot_state_publisher",
        executable="robot_state_publisher",
        class_path="",
        name="robot_state_publisher",
        namespace=options.namespace,
        parameters=given(choices),
        params_file=options.params_file,
        log_level=options.log_level,
        respawn=options.respawn,
    )


def given(choices: Mapping[str, ParameterValue | None]) -> dict[str, ParameterValue]:
    """Return the choices that the user made; "" and None are left to the parameter file."""
    return {name: value for name, value in choices.items() if value not in ("", None)}


def image_remappings(topic: str) -> tuple[tuple[str, str], ...]:
    """Return what moves the camera's topics beside an image topic of the user's."""
    if topic == "image_raw":
        return ()
    # As image_transport does it: the calibration is the image's neighbour.
    parent = topic.rpartition("/")[0]
    slash = "/" if "/" in topic else ""
    return (
        ("image_raw", topic),
        ("image_raw/compressed", f"{topic}/compressed"),
        ("camera_info", f"{parent}{slash}camera_info"),
    )
