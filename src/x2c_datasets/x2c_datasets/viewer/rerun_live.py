# SPDX-License-Identifier: Apache-2.0
"""Messages of running nodes, shown in Rerun as they come."""

from __future__ import annotations

import resource
import socket
import threading
from pathlib import Path
from typing import Any

import rerun as rr

from x2c_bags.errors import BagError
from x2c_bags.frames.bag_images import UNUSABLE
from x2c_bags.schema.topics import Part
from x2c_core.words import counted
from x2c_datasets.errors import ExportError
from x2c_datasets.viewer.rerun_layout import layout
from x2c_datasets.viewer.rerun_log import LIVE, RerunLog, open_recording
from x2c_datasets.viewer.rerun_parts import log_message, log_robot
from x2c_node.conversion.headers import to_nanoseconds

_CONNECTING = 5.0
"""Time limit for a connection to a viewer [s]."""

_BEHIND = 300_000_000
"""Growth of this process at which a viewer counts as stopped, as the SDK keeps all [byte]."""


class RerunLive:
    """Log the messages of one robot's nodes.

    Args:
        recording: Recording to log to.
        patience: Time limit for a viewer to take the rest [s]; None for a file.
    """

    def __init__(self, recording: rr.RecordingStream, patience: float | None = None) -> None:
        self._recording = recording
        self._patience = patience
        self._log = RerunLog(recording, LIVE)
        self._began = _resident()

    def robot(self, robot: str) -> list[str]:
        """Show the model of a robot, and return what is missing, in plain sentences.

        Args:
            robot: Name or folder of the robot.
        """
        return log_robot(self._log, robot)

    def take(self, part: Part, message: Any) -> None:
        """Log a message at its stamp; one that cannot be shown is counted.

        Args:
            part: Part that its topic plays.
            message: The message.
        """
        try:
            self._log.at(to_nanoseconds(message.header.stamp))
            log_message(self._log, part, message)
        except (BagError, *UNUSABLE) as error:
            self._log.left_out[f"{part.value}: {error}"] += 1

    @property
    def behind(self) -> bool:
        """True if the viewer takes nothing any more: what waits for it fills the memory."""
        return _resident() - self._began > _BEHIND

    def close(self) -> list[str]:
        """Log what is left, wait until it is written, and return what was left out."""
        self._log.finish()
        # For a viewer that is stopped the SDK would wait for ever, and at exit again.
        writing = threading.Thread(target=self._recording.disconnect, daemon=True)
        writing.start()
        writing.join(self._patience)
        if writing.is_alive():
            rr.unregister_shutdown()
        left_out = self._log.left_out.items()
        return [f"{counted(count, 'message')} left out: {why}" for why, count in left_out]


def recording_to_file(path: Path) -> rr.RecordingStream:
    """Return a recording that is written to a new file.

    Raises:
        ExportError: The file has another ending, is there already, or cannot be written.
    """
    if path.suffix != ".rrd":
        raise ExportError(f"{path}: expected the name of a file that ends in .rrd")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(exist_ok=False)
    except FileExistsError:
        raise ExportError(f"{path} is there already: choose another name") from None
    except OSError as error:
        raise ExportError(f"cannot write {path}: {error.strerror}") from error
    return open_recording(path)


def recording_to_viewer(address: str) -> rr.RecordingStream:
    """Return a recording that is sent to a viewer.

    Args:
        address: Address of the viewer, HOST:PORT.

    Raises:
        ExportError: No viewer is there; what it does not get at first it never gets.
    """
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), _CONNECTING).close()
    except (OSError, ValueError, OverflowError) as error:
        raise ExportError(f"no viewer listens at {address!r}: {error}") from error
    recording = rr.new_recording("x2c")
    rr.connect_tcp(address, default_blueprint=layout(), recording=recording)
    return recording


def _resident() -> int:
    """Return the memory of this process [byte]."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
