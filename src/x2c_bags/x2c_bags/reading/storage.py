# SPDX-License-Identifier: Apache-2.0
"""Interface of all kinds of bag file."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from x2c_core.files.issues import Issues

_TYPE_HASH = re.compile(r"RIHS01_(?!0{64})[0-9a-f]{64}")


@dataclass(frozen=True)
class Channel:
    """Messages of one topic that were recorded with one definition of their type.

    Attributes:
        topic: Name of the topic.
        message_type: For example "sensor_msgs/msg/Image"; empty where the file does not say.
        definitions: Texts of the type as the bag embeds it: none, one, or several where the bag
            does not say which one is right.
        form: Form of the definitions, "ros2msg" or "ros2idl".
        serialization: Serialization of the messages; only "cdr" can be read.
        type_hash: Hash of the publisher's type (REP-2016); empty where the bag has none.
    """

    topic: str
    message_type: str
    definitions: tuple[str, ...] = ()
    form: str = "ros2msg"
    serialization: str = "cdr"
    type_hash: str = ""

    def __post_init__(self) -> None:
        """Forget a hash that says nothing, such as one that was never set."""
        if not _TYPE_HASH.fullmatch(self.type_hash):
            object.__setattr__(self, "type_hash", "")


@dataclass(frozen=True)
class BagTopic:
    """A topic of a bag.

    Attributes:
        name: Name of the topic.
        message_type: Type of the messages to read.
        count: Number of messages of this type.
    """

    name: str
    message_type: str
    count: int = 0


@dataclass(frozen=True)
class RawMessage:
    """A message as a bag holds it.

    Attributes:
        channel: Topic and definition of the message.
        time: Time in the bag [ns].
        data: The serialized message.
    """

    channel: Channel
    time: int
    data: bytes


class Storage(ABC):
    """One file of a bag, read as far as it can be, as often as wanted.

    Attributes:
        path: The file.
        channels: Number of messages of each channel; 0 where it is unknown.
        metadata: The bag's metadata.yaml as the file itself holds it; empty where it does not.
    """

    def __init__(self, path: Path, issues: Issues) -> None:
        self.path = path
        self.issues = issues
        self.channels: Counter[Channel] = Counter()
        self.metadata = ""

    @abstractmethod
    def messages(self, wanted: Callable[[Channel], bool]) -> Iterator[RawMessage]:
        """Yield the messages of some channels in the order they were written in.

        Args:
            wanted: Whether a channel is read.
        """
