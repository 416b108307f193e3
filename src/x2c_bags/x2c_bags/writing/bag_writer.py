# SPDX-License-Identifier: Apache-2.0
"""Write a rosbag2 bag (MCAP) that stays readable when the process is killed or the disk full.

Whole chunks reach the disk at every flush. A file that was not finished has no index, and a bag
that was not finished no metadata.yaml: `bag_reader` reads it as it is. Files of a split bag are
finished one by one, so a kill leaves only the last one without an index.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from x2c_bags.errors import BagError
from x2c_bags.schema.topics import Part, Topic
from x2c_bags.writing.bag_file import BagFile
from x2c_bags.writing.bag_metadata import (
    METADATA_FILE,
    FileInformation,
    metadata_of,
    to_yaml,
)

TOPIC_KEY = "x2c_topic:"
"""Before the name of a part, in a bag's custom data: the topic that plays it."""

CLOCK_KEY = "x2c_clock"
"""In a bag's custom data: what its time stamps are."""

_LONGEST_WAITING = 64 * 1024 * 1024
"""Messages for which there is no room on the disk wait in memory, up to so much [byte]."""


@dataclass(frozen=True)
class Split:
    """Limits at which a bag goes on in another file.

    Attributes:
        size: A file of this size is finished [byte]; 0 for any size.
        duration: A file that spans so much time is finished [ns]; 0 for any time.
    """

    size: int = 0
    duration: int = 0


class BagWriter:
    """An open bag.

    Messages that do not fit on the disk wait for room; when too many wait, the next ones are
    counted and forgotten.

    Args:
        folder: Folder of the bag; it must not exist.
        topics: Topics to record, by full name.
        clock: Clock of the bag's time stamps, for readers.
        split: Limits at which it goes on in another file.

    Raises:
        BagError: The bag exists already or cannot be made.
    """

    def __init__(
        self, folder: Path, topics: Mapping[str, Topic], clock: str, split: Split = Split()
    ) -> None:
        self.lost = 0
        self.fault = ""
        self._folder = folder
        self._topics = topics
        self._split = split
        self._custom = {TOPIC_KEY + topic.part: name for name, topic in topics.items()}
        self._custom[CLOCK_KEY] = clock
        self._finished: list[FileInformation] = []
        self._unfinished: list[str] = []
        try:
            folder.mkdir(parents=True)
            self._file = self._open(0)
            self._file.flush()
        except FileExistsError:
            raise BagError(f"cannot make the bag {folder}: it exists already") from None
        except OSError as error:
            raise BagError(f"cannot make the bag {folder}: {error.strerror or error}") from error

    def write(self, part: Part, time: int, data: bytes, type_hash: str = "") -> None:
        """Write a serialized message.

        Args:
            part: Part that its topic plays.
            time: Its time [ns].
            data: The message.
            type_hash: Hash of its type, where that is not the installed one.
        """
        if self._file.waiting > _LONGEST_WAITING:
            self.lost += 1
            return
        with self._keeping_what_does_not_fit():
            self._split_before(time)
        with self._keeping_what_does_not_fit():
            self._file.write(part, time, data, type_hash)

    def flush(self) -> None:
        """Bring everything to the disk."""
        with self._keeping_what_does_not_fit():
            self._file.flush()
            self.fault = ""

    def close(self) -> None:
        """Finish the bag.

        Raises:
            BagError: There was no room for all of it.
        """
        try:
            self._finish_file()
            self._write_metadata()
        except OSError as error:
            self._unfinished.append(f"{self._file.path.name} ({_reason(error)})")
        if self._unfinished:
            # Without the folder, which the results of a failed run are moved to later.
            raise BagError(
                f"the bag could not be finished: {', '.join(self._unfinished)}; "
                "what came to the disk can be read, and `mcap recover` makes an index"
            )

    def _split_before(self, time: int) -> None:
        """Go on in another file where this one is full."""
        file, split = self._file, self._split
        full = split.size and file.size >= split.size
        old = split.duration and file.counts and time - file.start >= split.duration
        if not file.counts or not (full or old):
            return
        file.flush()
        new = self._open(len(self._finished) + 1)
        try:
            self._finish_file()
        except OSError as error:
            self._unfinished.append(f"{file.path.name} ({_reason(error)})")
        self._file = new

    def _open(self, number: int) -> BagFile:
        path = self._folder / f"{self._folder.name}_{number}.mcap"
        # Where there was no room for its beginning, it is there already, and empty.
        path.unlink(missing_ok=True)
        return BagFile(path, self._topics, self._metadata_of(FileInformation(path.name)))

    def _finish_file(self) -> None:
        file = self._file
        self._finished.append(file.information)
        file.close(self._metadata_of(file.information))

    def _metadata_of(self, file: FileInformation) -> str:
        return to_yaml(metadata_of(self._topics, [file], self._custom))

    def _write_metadata(self) -> None:
        whole = metadata_of(self._topics, self._finished, self._custom)
        coming = self._folder / f"{METADATA_FILE}.tmp"
        text = to_yaml({"rosbag2_bagfile_information": whole})
        coming.write_text(text, encoding="utf-8")
        coming.rename(self._folder / METADATA_FILE)

    @contextmanager
    def _keeping_what_does_not_fit(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.fault = f"cannot write {self._file.path}: {_reason(error)}"


def _reason(error: OSError) -> str:
    """Return why something could not be written, and what to do about a full disk."""
    reason = error.strerror or str(error)
    return f"{reason}: make room" if error.errno == errno.ENOSPC else reason
