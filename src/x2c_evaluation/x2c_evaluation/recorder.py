# SPDX-License-Identifier: Apache-2.0
"""Records serialized messages to a folder, in a thread of its own.

A slow or full disk must not hold up the nodes that share a process with the recorder.
"""

from __future__ import annotations

import math
import queue
import shutil
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rosbags.typesys import Stores, get_types_from_msg, get_typestore

from x2c_evaluation.bag_writer import BagWriter, Split
from x2c_evaluation.controls_table import FILE_NAME, ControlsTable
from x2c_evaluation.definitions import definition
from x2c_evaluation.errors import BagError
from x2c_evaluation.topics import Part, Topic

BAG = "bag"
"""Folder of the bag in the folder that is recorded to."""

PUBLICATION_CLOCK = "publication"
"""The bag's time stamps say when messages were published, by the wall clock of the publisher."""

ROS_CLOCK = "ros"
"""The bag's time stamps say when messages were received, by the node's clock (simulated time)."""

_QUEUE_LENGTH = 3000
_FAULT_SHOWN = 5.0
_CONTROLS = "x2c_msgs/msg/ControlValues"


@dataclass(frozen=True)
class _Item:
    part: Part
    time: int
    data: bytes


class Recorder:
    """Writes `bag/` and `controls.csv` in a folder until it is closed.

    Args:
        folder: Where to; made where there is none.
        topics: What is recorded, by full name.
        clock: What the time stamps of the bag are.
        flush_period: Longest time that a message stays in memory alone [s].
        overwrite: Whether an earlier recording in the folder is replaced.
        split: When the bag goes on in another file.

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
    ) -> None:
        self.dropped = 0
        self._counts: Counter[Part] = Counter()
        self._fault = ""
        self._fault_time = -math.inf
        self._period = flush_period
        self._queue: queue.Queue[_Item | None] = queue.Queue(_QUEUE_LENGTH)
        self._store = get_typestore(Stores.EMPTY)
        self._store.register(get_types_from_msg(definition(_CONTROLS).text, _CONTROLS))
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _make_room(folder / BAG, overwrite)
            self._bag = BagWriter(folder / BAG, topics, clock, split)
            self._table = ControlsTable(folder / FILE_NAME)
        except OSError as error:
            raise BagError(f"cannot record to {folder}: {error.strerror or error}") from error
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()

    def put(self, part: Part, time: int, data: bytes) -> None:
        """Record a serialized message with its time [ns]; it is counted where none can wait."""
        try:
            self._queue.put_nowait(_Item(part, time, data))
        except queue.Full:
            self.dropped += 1
        else:
            self._counts[part] += 1

    @property
    def fault(self) -> str:
        """Why something was not written in the last seconds; empty when all is well."""
        return self._fault if time.monotonic() - self._fault_time < _FAULT_SHOWN else ""

    @property
    def counts(self) -> Mapping[Part, int]:
        """How many messages of each topic have been taken."""
        return dict(self._counts)

    @property
    def lost(self) -> int:
        """How many messages did not fit on the disk, or came faster than it is."""
        return self._bag.lost + self.dropped

    def close(self) -> None:
        """Write what waits and finish the files.

        Raises:
            BagError: Something could not be written.
        """
        self._queue.put(None)
        self._thread.join()
        try:
            self._table.close()
        except OSError as error:
            raise BagError(f"cannot finish {FILE_NAME}: {error.strerror or error}") from error
        finally:
            self._bag.close()

    def _run(self) -> None:
        flushed = time.monotonic()
        while True:
            try:
                wait = flushed + self._period - time.monotonic()
                item = self._queue.get(timeout=max(wait, 0.001))
            except queue.Empty:
                pass
            else:
                if item is None:
                    return
                try:
                    self._write(item)
                except Exception as error:
                    # Whatever a message is, the next one is recorded.
                    self._failed(f"a message of {item.part} is not recorded: {error!r}")
            if time.monotonic() - flushed >= self._period:
                flushed = time.monotonic()
                self._flush()

    def _write(self, item: _Item) -> None:
        self._bag.write(item.part, item.time, item.data)
        if self._bag.fault:
            self._failed(self._bag.fault)
        if item.part is Part.CONTROLS:
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


def _make_room(bag: Path, overwrite: bool) -> None:
    if not bag.exists():
        return
    if not overwrite:
        raise BagError(
            f"{bag} exists already: choose another `output`, or set `overwrite` to replace it"
        )
    strangers = [one.name for one in bag.iterdir() if one.suffix not in (".mcap", ".yaml")]
    if strangers:
        raise BagError(f"{bag} is not replaced: it holds {', '.join(sorted(strangers))}")
    shutil.rmtree(bag)
