# SPDX-License-Identifier: Apache-2.0
"""Records serialized messages to a folder, in a thread of its own.

A slow or full disk must not hold up the nodes that share a process with the recorder.
"""

from __future__ import annotations

import math
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rosbags.typesys import Stores, get_types_from_msg, get_typestore

from x2c_bags.errors import BagError
from x2c_bags.schema.definitions import definition
from x2c_bags.schema.topics import Part, Topic
from x2c_bags.writing.bag_writer import BagWriter, Split
from x2c_core.control_space.controls_table import FILE_NAME, ControlsTable
from x2c_core.errors import OutputError
from x2c_core.files.input_limits import MIB
from x2c_core.files.results import EarlierResults
from x2c_node.supervision.supervisor import Pulse, Supervisor

BAG = "bag"
"""Folder of the bag in the folder that is recorded to."""

PUBLICATION_CLOCK = "publication"
"""The bag's time stamps say when messages were published, by the wall clock of the publisher."""

ROS_CLOCK = "ros"
"""The bag's time stamps say when messages were received, by the node's clock (simulated time)."""

_QUEUE_LENGTH = 3000
_MOST_WAITING = 256 * MIB
"""Size of the messages that wait for the disk, at most [byte]."""

_FAULT_SHOWN = 5.0
_LONGEST_REST = 1.0
"""Longest time between two beats of a writer that has nothing to write [s]."""

_LONGEST_WRITE = 20.0
"""A disk that takes nothing for so long is not waited for any more [s]."""

_CONTROLS = "x2c_msgs/msg/ControlValues"


@dataclass(frozen=True)
class _Item:
    part: Part
    time: int
    data: bytes
    type_hash: str


class Recorder:
    """Write `bag/` and `controls.csv` in a folder until it is closed.

    Args:
        folder: Folder to write to; created if missing.
        topics: Topics to record, by full name.
        clock: Clock of the bag's time stamps.
        flush_period: Longest time that a message stays in memory alone [s].
        overwrite: Whether an earlier recording in the folder is replaced, once there is a new one:
            if only diagnostics are recorded, the earlier one stays.
        split: Limits at which the bag goes on in another file.
        pulse: Pulse of the writing thread.

    Raises:
        BagError: There is an earlier recording, or the folder cannot be written.
    """

    def __init__(
        self,
        folder: Path,
        topics: Mapping[str, Topic],
        clock: str,
        flush_period: float,
        overwrite: bool,
        split: Split = Split(),  # noqa: B008 - it never changes
        pulse: Pulse | None = None,
    ) -> None:
        self.dropped = 0
        self.in_table = Part.CONTROLS
        self._counts: Counter[Part] = Counter()
        self._fault = ""
        self._fault_time = -math.inf
        self._period = flush_period
        self._queue: queue.Queue[_Item | None] = queue.Queue(_QUEUE_LENGTH)
        # Each is counted by one thread alone.
        self._bytes_put = self._bytes_taken = 0
        self._ending = threading.Event()
        self._broken = ""
        self._pulse = pulse or Supervisor().pulse("recorder")
        self._store = get_typestore(Stores.EMPTY)
        self._store.register(get_types_from_msg(definition(_CONTROLS).text, _CONTROLS))
        _check_room(folder, overwrite)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._earlier = EarlierResults(folder, (BAG, FILE_NAME))
            try:
                self._bag = BagWriter(folder / BAG, topics, clock, split)
                self._table = ControlsTable(folder / FILE_NAME)
            except BaseException:
                self._earlier.restore()
                raise
        except (OSError, OutputError) as error:
            reason = getattr(error, "strerror", None) or error
            raise BagError(f"cannot record to {folder}: {reason}") from error
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()

    def put(self, part: Part, time: int, data: bytes, type_hash: str = "") -> None:
        """Record a serialized message; it is counted where none can wait.

        Args:
            part: Part that its topic plays.
            time: Its time [ns].
            data: The message.
            type_hash: Hash of its type, where that is not the installed one.
        """
        try:
            if self._broken or self._bytes_put - self._bytes_taken + len(data) > _MOST_WAITING:
                raise queue.Full
            self._queue.put_nowait(_Item(part, time, data, type_hash))
        except queue.Full:
            self.dropped += 1
        else:
            self._bytes_put += len(data)
            self._counts[part] += 1

    @property
    def broken(self) -> str:
        """Reason why recording ended; empty while it goes on."""
        return self._broken

    @property
    def fault(self) -> str:
        """Reason why messages were not written in the last seconds; empty if all were."""
        if self._broken:
            return self._broken
        return self._fault if time.monotonic() - self._fault_time < _FAULT_SHOWN else ""

    @property
    def counts(self) -> Mapping[Part, int]:
        """Number of messages taken of each topic."""
        return dict(self._counts)

    @property
    def lost(self) -> int:
        """Number of messages that did not fit on the disk, or came faster than it can write."""
        waiting = self._queue.qsize() if self._broken else 0
        return self._bag.lost + self.dropped + waiting

    def close(self) -> None:
        """Write what waits and finish the files; returns whatever the disk does.

        Raises:
            BagError: Something could not be written.
        """
        self._ending.set()
        with suppress(queue.Full):
            # Wakes the writer, which is awake where there is no room for it.
            self._queue.put_nowait(None)
        if not self._has_ended():
            self._broken = (
                f"the disk has taken nothing for {_LONGEST_WRITE:g} s: the bag is not finished"
            )
        else:
            finished = [
                _trouble(self._table.close, FILE_NAME),
                _trouble(self._bag.close, "the bag"),
            ]
            self._broken = "; ".join(one for one in (self._broken, *finished) if one)
        self._count_waiting()
        if self._broken:
            kept = f"; {self._earlier}" if self._earlier else ""
            raise BagError(f"{self._broken}{kept}")
        if any(count for part, count in self._counts.items() if part is not Part.DIAGNOSTICS):
            self._earlier.drop()
        elif self._earlier:
            self._earlier.restore()

    def _count_waiting(self) -> None:
        """Count what nothing writes any more."""
        with suppress(queue.Empty):
            while True:
                self.dropped += self._queue.get_nowait() is not None

    def _has_ended(self) -> bool:
        """Wait for the writer as long as it gets on; return whether it has come to its end."""
        before = -1
        while self._thread.is_alive() and before != self._pulse.beats:
            before = self._pulse.beats
            self._thread.join(_LONGEST_WRITE)
        return not self._thread.is_alive()

    def _run(self) -> None:
        with self._pulse:
            try:
                self._write_all()
            except Exception as error:
                self._broken = f"the recording has ended: {error!r}"
                raise

    def _write_all(self) -> None:
        flushed = time.monotonic()
        while True:
            self._pulse.beat()
            ending = self._ending.is_set()
            wait = 0.0 if ending else flushed + self._period - time.monotonic()
            try:
                item = self._queue.get(timeout=min(max(wait, 0.001), _LONGEST_REST))
            except queue.Empty:
                if ending:
                    return
            else:
                if item is not None:
                    self._take(item)
                    self._bytes_taken += len(item.data)
            if time.monotonic() - flushed >= self._period:
                flushed = time.monotonic()
                self._flush()

    def _take(self, item: _Item) -> None:
        # Whatever a message is, the next one is recorded.
        try:
            self._write(item)
        except Exception as error:
            self.dropped += 1
            self._failed(f"a message of {item.part} is not recorded: {error!r}")
        try:
            self._write_row(item)
        except Exception as error:
            self._failed(f"a message of {item.part} is not in {FILE_NAME}: {error!r}")

    def _write(self, item: _Item) -> None:
        self._bag.write(item.part, item.time, item.data, item.type_hash)
        if self._bag.fault:
            self._failed(self._bag.fault)

    def _write_row(self, item: _Item) -> None:
        if item.part is self.in_table and not item.type_hash:
            message: Any = self._store.deserialize_cdr(item.data, _CONTROLS)
            stamp = message.header.stamp
            self._table.write(stamp.sec * 1_000_000_000 + stamp.nanosec, message.values)

    def _flush(self) -> None:
        self._bag.flush()
        if self._bag.fault:
            self._failed(self._bag.fault)
        try:
            self._table.flush()
        except OSError as error:
            self._failed(f"cannot write {FILE_NAME}: {error.strerror or error}")

    def _failed(self, fault: str) -> None:
        # On a nearly full disk what is small still fits, so a success soon after means little.
        self._fault, self._fault_time = fault, time.monotonic()


def _trouble(finish: Callable[[], None], what: str) -> str:
    """Run the end of a file; return why it did not work, empty where it did."""
    try:
        finish()
    except BagError as error:
        return str(error)
    except Exception as error:
        # Each file is finished, whatever has become of the other one.
        reason = error.strerror if isinstance(error, OSError) else ""
        return f"cannot finish {what}: {reason or repr(error)}"
    return ""


def _check_room(folder: Path, overwrite: bool) -> None:
    bag = folder / BAG
    if not overwrite:
        for path in (bag, folder / FILE_NAME):
            if path.exists():
                raise BagError(
                    f"{path} exists already: choose another `output`, or set `overwrite` to "
                    "replace it"
                )
    strangers = [one.name for one in bag.glob("*") if one.suffix not in (".mcap", ".yaml")]
    if strangers:
        raise BagError(f"{bag} is not replaced: it holds {', '.join(sorted(strangers))}")
