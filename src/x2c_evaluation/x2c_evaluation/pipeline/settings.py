# SPDX-License-Identifier: Apache-2.0
"""With what a recording is evaluated: all of it, so that equal settings give equal results."""

from __future__ import annotations

import dataclasses
import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

import x2c_actuation
import x2c_bags
import x2c_core
import x2c_datasets
import x2c_evaluation
import x2c_imitation
import x2c_node
import x2c_perception
import x2c_virtual_face
from x2c_actuation.parameters import ActuationParameters
from x2c_core.control_space.controls import Group
from x2c_core.errors import X2CError
from x2c_core.files.regular_files import open_regular
from x2c_core.robot.robot import Robot
from x2c_core.robot.robot_file import load_robot
from x2c_core.sources.camera_source import CAMERA_SOURCES
from x2c_core.system.fields import NoOptions
from x2c_core.system.fields import filled as filled_options
from x2c_evaluation.pipeline.neutral_source import NeutralSource
from x2c_imitation.backends import BACKENDS, option_class, options_from_texts
from x2c_imitation.imitation_parameters import ImitationParameters
from x2c_imitation.x2cnet.transfer.motion_transfer import TRANSFERS
from x2c_node.parameter_file import ParameterFile, filled
from x2c_node.robots import find_robot
from x2c_perception.face_tracker_parameters import FaceTrackerParameters
from x2c_perception.neutral.person_store import PersonStore, persons_folder

PACKAGES = (
    *(x2c_actuation, x2c_bags, x2c_core, x2c_datasets, x2c_evaluation, x2c_imitation, x2c_node),
    *(x2c_perception, x2c_virtual_face),
)
"""Packages whose code the results depend on."""

CHOSEN = {"tracking": "", "imitation": "", "gains": "gain ", "offsets": "offset "}
"""Parts of the chosen settings that hold what is not at its default, with words before each."""

_DRAWN = "virtual"
"""Robot that images show in place of one that cannot be drawn."""

_NODES = ("face_tracker_node", "imitation_node", "actuation_node")
"""Nodes whose parameters count."""


@dataclasses.dataclass(frozen=True)
class ChosenSettings:
    """Settings without paths of this machine.

    Attributes:
        robot: Name of the robot.
        backend: Name of the imitation backend.
        calibration: Source of the neutral face.
        fidelity: Whether fidelity was measured.
        tracking: Parameters of the tracker that are not at their default.
        imitation: Parameters of the imitation that are not at their default.
        gains: Gains of the actuation by group.
        offsets: Offsets of the actuation by group.
    """

    robot: str
    backend: str
    calibration: str = ""
    fidelity: bool = False
    tracking: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    imitation: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    gains: Mapping[str, float] = dataclasses.field(default_factory=dict)
    offsets: Mapping[str, float] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class EvaluationSettings:
    """Settings for every recording.

    Attributes:
        robot_folder: Folder of the robot.
        tracking: Parameters of the face tracker.
        imitation: Parameters of the imitation, backend included.
        gains: Gains of the actuation, by group of controls.
        calibration: Source of the person's neutral face.
        fidelity: Whether the virtual face imitates too, and is compared with the person.
        offsets: Offsets of the actuation, by group of controls [ratio or rad].
        options: Options of the backend, an instance of its class of options.
    """

    robot_folder: Path
    tracking: FaceTrackerParameters
    imitation: ImitationParameters
    gains: Mapping[Group, float] = dataclasses.field(default_factory=dict)
    calibration: NeutralSource = NeutralSource.AUTO
    fidelity: bool = False
    offsets: Mapping[Group, float] = dataclasses.field(default_factory=dict)
    options: Any = dataclasses.field(default_factory=NoOptions)

    @property
    def backend(self) -> str:
        """Imitation backend."""
        return self.imitation.backend

    def robot(self) -> Robot:
        """Return the robot.

        Raises:
            RobotError: It cannot be loaded.
        """
        return load_robot(self.robot_folder)

    @property
    def chosen(self) -> ChosenSettings:
        """Settings without paths of this machine, as results keep them."""
        return ChosenSettings(
            robot=self.robot_folder.name,
            backend=self.backend,
            calibration=self.calibration.value,
            fidelity=self.fidelity,
            tracking=_chosen(self.tracking),
            imitation={**_chosen(self.imitation), **_chosen(self.options)},
            gains={group.value: gain for group, gain in self.gains.items()},
            offsets={group.value: offset for group, offset in self.offsets.items()},
        )

    def fingerprint(self) -> str:
        """Return a text that changes with the settings, the files they name, and our code."""
        digest = hashlib.sha256(os.fsencode(repr(self.chosen)))
        for name in sorted(vars(self.tracking)):
            digest.update(f"{name}={getattr(self.tracking, name)}".encode())
        for name, value in sorted({**vars(self.imitation), **vars(self.options)}.items()):
            digest.update(os.fsencode(f"{name}={value}"))
        for file in self._files():
            _add_file(digest, file)
        for folder in self._folders():
            for file in sorted(folder.rglob("*")) if folder.is_dir() else [folder]:
                if file.is_file() and "__pycache__" not in file.parts:
                    digest.update(os.fsencode(file.relative_to(folder.parent)))
                    _add_file(digest, file)
        return digest.hexdigest()

    def _files(self) -> Iterator[Path]:
        for name in BACKENDS.load(self.backend).files(self.options):
            yield Path(name).expanduser()
        if self.tracking.neutral_file:
            yield Path(self.tracking.neutral_file).expanduser()
        if self.tracking.person:
            # A name that cannot be a file's has no saved face.
            with suppress(X2CError):
                yield PersonStore(persons_folder()).path(self.tracking.person)

    def _folders(self) -> Iterator[Path]:
        yield self.robot_folder
        with suppress(X2CError):
            yield find_robot(_DRAWN)
        yield from map(folder_of, PACKAGES)
        yield from code_of_others()


def folder_of(package: ModuleType) -> Path:
    """Return the folder of a package's files."""
    return Path(str(package.__file__)).resolve().parent


def code_of_others() -> Iterator[Path]:
    """Yield folders and modules of other packages that have backends, transfers or sources.

    Which of them a recording uses is not asked: a transfer is an option of its backend.
    """
    registries = (BACKENDS, TRANSFERS, CAMERA_SOURCES)
    names = {name for registry in registries for name in registry.modules()}
    for name in sorted(names - {one.__name__ for one in PACKAGES}):
        spec = find_spec(name)
        if spec is not None:
            places = spec.submodule_search_locations or filter(None, [spec.origin])
            yield from (Path(place).resolve() for place in places)


def default_settings(
    robot: Robot, backend: str, options: Mapping[str, Any] | None = None
) -> EvaluationSettings:
    """Return settings at their defaults but for the backend and its options."""
    chosen = filled_options(option_class(backend), options or {})
    imitation = ImitationParameters(backend=backend)
    return EvaluationSettings(robot.folder, FaceTrackerParameters(), imitation, options=chosen)


def make_settings(
    robot: str = "",
    backend: str = "",
    params_file: Path | None = None,
    calibration: NeutralSource = NeutralSource.AUTO,
    fidelity: bool = False,
    options: Mapping[str, str] = MappingProxyType({}),
) -> EvaluationSettings:
    """Return settings from what a user says; what is empty is as in the file, or the default.

    Raises:
        X2CError: Something of it cannot be.
    """
    said: dict[str, dict[str, Any]] = {node: {} for node in _NODES}
    if params_file is not None:
        file = ParameterFile(params_file)
        file.check(_NODES)
        said = {node: file.of(node) for node in _NODES}
    if robot:
        said["imitation_node"]["robot"] = robot
    if backend:
        said["imitation_node"]["backend"] = backend
    where = params_file or "parameters"
    imitation = filled(ImitationParameters, said["imitation_node"], where)
    given = {**said["imitation_node"], **options_from_texts(imitation.backend, options)}
    moving = said["actuation_node"]
    actuation = filled(ActuationParameters, moving, where).settings
    return EvaluationSettings(
        robot_folder=find_robot(imitation.robot),
        tracking=filled(FaceTrackerParameters, said["face_tracker_node"], where),
        imitation=imitation,
        gains={one: gain for one, gain in actuation.gains.items() if f"gain_{one}" in moving},
        calibration=calibration,
        fidelity=fidelity,
        offsets={one: by for one, by in actuation.offsets.items() if by},
        options=filled(option_class(imitation.backend), given, where),
    )


def _chosen(parameters: Any) -> dict[str, Any]:
    """Return the parameters that are not at their default; the robot's path says nothing."""
    return {
        field.name: value
        for field in dataclasses.fields(parameters)
        if (value := getattr(parameters, field.name)) != field.default and field.name != "robot"
    }


def _add_file(digest: Any, file: Path) -> None:
    """Add a file's content piece by piece; nothing where there is none."""
    if not file.is_file():
        return
    with open_regular(file) as content:
        while piece := content.read(1 << 20):
            digest.update(piece)
