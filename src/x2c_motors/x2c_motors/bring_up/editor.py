# SPDX-License-Identifier: Apache-2.0
"""Change a robot.yaml: comments stay, the earlier file is kept, and none is half written."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError

from x2c_core.errors import OutputError, RobotError
from x2c_core.files.bounded_yaml import check_yaml
from x2c_core.files.input_limits import YAML_BYTES
from x2c_core.files.regular_files import read_text
from x2c_core.robot.robot import Robot
from x2c_core.robot.robot_file import FILE_NAME, load_robot
from x2c_motors.configuration.boards import make_boards
from x2c_motors.drivers import has_motors
from x2c_motors.errors import DriverSettingsError

_HEADER = "SPDX-License-Identifier: Apache-2.0\nMade by ./x2c motors calibrate; edit as you like."
_DIGITS = 5


class RobotEditor:
    """The robot.yaml of a folder, which need not be there yet.

    The first save keeps the file as it was before beside it, with the date in its name.

    Args:
        folder: Folder of the robot.

    Raises:
        RobotError: There is a robot.yaml that is no YAML.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / FILE_NAME
        self.backup: Path | None = None
        self._yaml = YAML()
        self._yaml.width = 4096
        self._yaml.preserve_quotes = True
        self._was_there = self.path.exists()
        if not self._was_there:
            self.content = CommentedMap()
            self.content.yaml_set_start_comment(_HEADER)
            return
        try:
            text = read_text(self.path, YAML_BYTES)
            check_yaml(text)
            self.content = self._yaml.load(text)
        except (OSError, ValueError, YAMLError) as error:
            raise RobotError(f"{self.path} cannot be read: {error}") from error
        if not isinstance(self.content, CommentedMap):
            raise RobotError(f"{self.path}: expected keys with values")

    def section(self, *keys: str) -> Any:
        """Return the mapping at a path of keys, made where there is none."""
        entry: Any = self.content
        for key in keys:
            if not isinstance(entry.get(key), Mapping):
                entry[key] = CommentedMap()
            entry = entry[key]
        return entry

    def put(self, keys: Sequence[str], value: Mapping[str, Any]) -> None:
        """Set the entry at a path of keys to a mapping that is written on one line."""
        *parents, last = keys
        self.section(*parents)[last] = _flow(value)

    def change(self, keys: Sequence[str], values: Mapping[str, Any]) -> None:
        """Change some keys of the mapping at a path; its others and its comments stay."""
        entry = self.section(*keys)
        for name, value in values.items():
            entry[name] = _flow(value)

    def save(self) -> Robot:
        """Write the file, where what is in it can be used, and return the robot.

        Raises:
            RobotError: It cannot; the file is as it was.
            DriverSettingsError: The driver section cannot; the file is as it was.
            OutputError: It cannot be written.
        """
        buffer = io.StringIO()
        self._yaml.dump(self.content, buffer)
        text = buffer.getvalue().rstrip("\n") + "\n"
        self._try(text)
        try:
            self._keep()
            _replace(self.path, text.encode())
        except OSError as error:
            raise OutputError(f"cannot write {self.path}: {error.strerror}") from error
        return load_robot(self.folder)

    def _try(self, text: str) -> None:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / FILE_NAME).write_text(text, encoding="utf-8")
            try:
                robot = load_robot(Path(folder))
                if has_motors(robot):
                    make_boards(robot)
            except (RobotError, DriverSettingsError) as error:
                reason = str(error).replace(folder, str(self.folder))
                raise type(error)(f"{reason}; nothing was changed") from error

    def _keep(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.backup is not None or not self._was_there:
            return
        stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
        self.backup = next(
            path
            for suffix in ("", *(f"-{i}" for i in range(2, 1000)))
            if not (path := self.path.with_name(f"{FILE_NAME}.{stamp}{suffix}.bak")).exists()
        )
        _replace(self.backup, self.path.read_bytes())


def _replace(path: Path, data: bytes) -> None:
    """Let a file have some content, all of it or not at all."""
    target = path.resolve()
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _flow(value: Any) -> Any:
    if isinstance(value, Mapping):
        made = CommentedMap({key: _flow(inner) for key, inner in value.items()})
        made.fa.set_flow_style()
        return made
    if isinstance(value, Sequence) and not isinstance(value, str):
        listed = CommentedSeq([_flow(inner) for inner in value])
        listed.fa.set_flow_style()
        return listed
    # Adding zero takes the sign off a zero.
    return round(value, _DIGITS) + 0.0 if isinstance(value, float) else value
