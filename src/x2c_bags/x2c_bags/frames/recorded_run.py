# SPDX-License-Identifier: Apache-2.0
"""Recorded run as arrays over time."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from x2c_bags.errors import BagError
from x2c_bags.frames.joint_rows import JointRows
from x2c_bags.reading.bag_reader import BagReader
from x2c_bags.schema.topics import Part
from x2c_core.arrays import Array
from x2c_core.control_space import controls
from x2c_core.words import counted
from x2c_node.conversion.headers import stamp_of

Nanoseconds = NDArray[np.int64]

_WARN, _ERROR = 1, 2

_CONTROLS = (Part.CONTROLS, Part.MIXED_CONTROLS)
_SMALL = tuple(part for part in Part if part is not Part.NEUTRAL_FACE)


@dataclass(frozen=True)
class Stream:
    """Messages of one topic.

    Attributes:
        stamps: (n,) of the camera image they belong to [ns].
        times: (n,) of the bag: when they were published [ns].
    """

    stamps: Nanoseconds
    times: Nanoseconds

    def __len__(self) -> int:
        """Return the number of messages."""
        return len(self.stamps)


@dataclass(frozen=True)
class ControlStream:
    """Control values over time.

    Attributes:
        stream: Their stamps and times.
        values: (n, 30) control values [ratio or rad].
        states: (n,) as in ControlValues.
    """

    stream: Stream
    values: Array
    states: NDArray[np.int64]


@dataclass(frozen=True)
class Joints:
    """Positions of named joints over time.

    Attributes:
        names: Names of the joints.
        positions: (n, joints) [rad or m]; NaN where a message did not name a joint.
    """

    names: tuple[str, ...]
    positions: Array


@dataclass(frozen=True)
class NodeState:
    """Messages of a node on `/diagnostics`.

    Attributes:
        level: Last severity: 0 OK, 1 warning, 2 error, 3 stale.
        message: Last sentence.
        values: Last details.
        said: Number of times for each warning or error (level and sentence).
        total: Number of messages.
    """

    level: int
    message: str
    values: Mapping[str, str]
    said: Mapping[tuple[int, str], int]
    total: int

    @property
    def complaints(self) -> tuple[tuple[int, str], ...]:
        """Errors, and what it warned of most of the time: nodes warn while they wait to begin."""
        return tuple(
            (level, message)
            for (level, message), count in self.said.items()
            if level == _ERROR or count * 2 > self.total
        )


@dataclass(frozen=True)
class RecordedRun:
    """A run.

    Attributes:
        streams: Messages of each part; empty streams for those without any.
        face_states: (n,) as in FaceLandmarks.
        controls: (n, 30) control values of imitation [ratio or rad].
        control_states: (n,) as in ControlValues.
        shown: Control values that the robot got: those of the mixer, if it ran.
        commands: Joint commands.
        joint_states: Joint states.
        nodes: Nodes by name, from diagnostics.
        clock: Clock of the bag's times; empty if the bag does not name it.
        issues: Problems found while reading, in plain sentences.
    """

    streams: Mapping[Part, Stream]
    face_states: NDArray[np.int64]
    controls: Array
    control_states: NDArray[np.int64]
    shown: ControlStream
    commands: Joints
    joint_states: Joints
    nodes: Mapping[str, NodeState]
    clock: str = ""
    issues: tuple[str, ...] = ()

    @property
    def frames(self) -> Stream:
        """Camera frames: the images, or other messages with their stamps."""
        for part in (Part.CAMERA_IMAGE, Part.CAMERA_INFO, Part.FACE):
            if len(self.streams[part]):
                return self.streams[part]
        return self.streams[Part.CAMERA_IMAGE]


def _of_parts() -> dict[Part, array[int]]:
    return {part: array("q") for part in Part}


@dataclass
class _Collected:
    positions: bool = True
    stamps: dict[Part, array[int]] = field(default_factory=_of_parts)
    times: dict[Part, array[int]] = field(default_factory=_of_parts)
    face_states: array[int] = field(default_factory=lambda: array("q"))
    values: dict[Part, array[float]] = field(
        default_factory=lambda: {part: array("d") for part in _CONTROLS}
    )
    control_states: dict[Part, array[int]] = field(
        default_factory=lambda: {part: array("q") for part in _CONTROLS}
    )
    joints: dict[Part, JointRows] = field(
        default_factory=lambda: {part: JointRows() for part in (Part.COMMANDS, Part.JOINT_STATES)}
    )
    nodes: dict[str, NodeState] = field(default_factory=dict)

    def take(self, part: Part, time: int, message: Any) -> None:
        """Add a message; adds nothing when a field is missing or has another form."""
        nanoseconds = stamp_of(message)
        if part is Part.DIAGNOSTICS:
            self._diagnostics(message)
        elif part is Part.FACE:
            self.face_states.append(int(message.state))
        elif part in _CONTROLS:
            values = np.asarray(message.values, dtype=np.float64)
            if values.shape != (controls.COUNT,):
                raise ValueError(f"{values.size} control values, expected {controls.COUNT}")
            state = int(message.state)
            self.values[part].frombytes(values.tobytes())
            self.control_states[part].append(state)
        elif part in self.joints and self.positions:
            self.joints[part].add(message.name, message.position)
        self.stamps[part].append(nanoseconds)
        self.times[part].append(time)

    def _diagnostics(self, message: Any) -> None:
        for status in message.status:
            before = self.nodes.get(status.name)
            said = Counter(before.said if before else {})
            level = int(status.level)
            if level in (_WARN, _ERROR):
                said[level, status.message] += 1
            values = {one.key: one.value for one in status.values}
            total = 1 + (before.total if before else 0)
            self.nodes[status.name] = NodeState(level, status.message, values, said, total)


def read_recorded_run(
    reader: BagReader, parts: Collection[Part] = _SMALL, positions: bool = True
) -> RecordedRun:
    """Return the run in a bag; messages that cannot be used are counted as issues.

    Args:
        reader: Reader of the bag.
        parts: Parts of the run to read.
        positions: Whether positions of joints are kept, beside when they were sent.
    """
    collected = _Collected(positions)
    refused: Counter[tuple[Part, str]] = Counter()
    for raw in reader.messages_of(parts):
        part = reader.parts[raw.channel.topic]
        try:
            collected.take(part, raw.time, reader.decode(raw))
        except (BagError, AttributeError, TypeError, ValueError) as error:
            refused[part, str(error)] += 1
    unusable = tuple(
        f"{counted(count, 'message')} of {part} could not be used: {reason}"
        for (part, reason), count in refused.items()
    )
    streams = {
        part: Stream(
            np.array(collected.stamps[part], dtype=np.int64),
            np.array(collected.times[part], dtype=np.int64),
        )
        for part in Part
    }
    imitated, mixed = (
        ControlStream(
            streams[part],
            np.array(collected.values[part], dtype=np.float64).reshape(-1, controls.COUNT),
            np.array(collected.control_states[part], dtype=np.int64),
        )
        for part in _CONTROLS
    )
    return RecordedRun(
        streams=streams,
        face_states=np.array(collected.face_states, dtype=np.int64),
        controls=imitated.values,
        control_states=imitated.states,
        shown=mixed if len(mixed.values) else imitated,
        commands=Joints(*collected.joints[Part.COMMANDS].table()),
        joint_states=Joints(*collected.joints[Part.JOINT_STATES].table()),
        nodes=collected.nodes,
        clock=reader.clock,
        issues=(*reader.issues, *unusable),
    )
