# SPDX-License-Identifier: Apache-2.0
"""Bag as a recording for the viewer of Rerun."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from x2c_bags.errors import BagError
from x2c_bags.frames.bag_images import UNUSABLE
from x2c_bags.reading.bag_reader import BagReader
from x2c_bags.schema.topics import Part
from x2c_core.files.results import replacing
from x2c_core.words import counted
from x2c_datasets.errors import ExportError
from x2c_datasets.viewer.rerun_log import RerunLog, open_recording
from x2c_datasets.viewer.rerun_parts import JOINTS, log_message, log_robot
from x2c_node.conversion.headers import to_nanoseconds

_SHOWN = (
    *(Part.CAMERA_IMAGE, Part.ROBOT_IMAGE, Part.FACE, Part.CONTROLS),
    *(Part.ACTUATION_STATE, Part.DIAGNOSTICS),
)


@dataclass(frozen=True)
class RerunOutcome:
    """Result of an export.

    Attributes:
        messages: Number of messages in the recording.
        notes: Missing parts, in plain sentences.
        issues: Parts of the bag that could not be read or shown, in plain sentences.
    """

    messages: int
    notes: tuple[str, ...]
    issues: tuple[str, ...]


def export_rerun(
    bag: Path, out: Path, robot: str, advance: Callable[[int], None] = lambda messages: None
) -> RerunOutcome:
    """Write a bag as a recording for Rerun; an earlier file is replaced when it is complete.

    Args:
        bag: Bag to read.
        out: File to write, `.rrd`.
        robot: Robot whose URDF is shown; name or folder.
        advance: Called with the number of messages since the last call.

    Raises:
        ExportError: The file has another ending, or nothing of the bag can be shown.
        BagError: There is no bag.
        OutputError: The file cannot be written.
    """
    if out.suffix != ".rrd":
        raise ExportError(f"{out}: expected the name of a file that ends in .rrd")
    reader = BagReader(bag)
    shown: Counter[Part] = Counter()
    # What the robot got, where other sources shared the face.
    mixed = next(reader.messages_of([Part.MIXED_CONTROLS]), None) is not None
    shows = [Part.MIXED_CONTROLS if mixed and one is Part.CONTROLS else one for one in _SHOWN]
    with replacing(out) as path:
        recording = open_recording(path)
        log = RerunLog(recording)
        notes = log_robot(log, robot)
        for raw in reader.messages_of((*shows, *JOINTS)):
            part = reader.parts[raw.channel.topic]
            # Measured positions where there are any, else those that were sent.
            if part is Part.COMMANDS and shown[Part.JOINT_STATES]:
                continue
            try:
                message = reader.decode(raw)
                log.at(to_nanoseconds(message.header.stamp) or raw.time)
                log_message(log, part, message)
            except (BagError, *UNUSABLE) as error:
                log.left_out[f"{part.value}: {error}"] += 1
                continue
            shown[part] += 1
            advance(1)
        if not shown:
            raise ExportError(f"nothing in {bag} can be shown")
        log.finish()
        # This waits until all is on the disk.
        recording.disconnect()
    notes += [f"nothing was recorded of {part.value}" for part in shows if not shown[part]]
    if not any(shown[part] for part in JOINTS):
        notes.append("no positions of joints were recorded")
    issues = [
        f"{counted(count, 'message')} left out: {why}" for why, count in log.left_out.items()
    ]
    return RerunOutcome(shown.total(), tuple(notes), (*issues, *reader.issues))
