# SPDX-License-Identifier: Apache-2.0
"""What every kind of bag file can do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from x2c_evaluation.sources.issues import Issues


@dataclass(frozen=True)
class BagTopic:
    """A topic of a bag.

    Attributes:
        name: Of the topic.
        message_type: For example "sensor_msgs/msg/Image".
        definition: Text of the type as the bag embeds it; empty where it does not.
        form: Of the definition, "ros2msg" or "ros2idl".
        serialization: Of the messages; "cdr" is what can be read.
        count: Number of messages.
    """

    name: str
    message_type: str
    definition: str = ""
    form: str = "ros2msg"
    serialization: str = "cdr"
    count: int = 0


@dataclass(frozen=True)
class RawMessage:
    """A message as a bag holds it.

    Attributes:
        topic: Its topic's name.
        time: Of the bag [ns].
        data: The serialized message.
    """

    topic: str
    time: int
    data: bytes


class Storage(ABC):
    """One file of a bag, read as far as it can be, as often as wanted.

    Attributes:
        path: The file.
        topics: What it holds, by name.
        metadata: The bag's metadata.yaml as the file itself holds it; empty where it does not.
    """

    def __init__(self, path: Path, issues: Issues) -> None:
        self.path = path
        self.issues = issues
        self.topics: dict[str, BagTopic] = {}
        self.metadata = ""

    @abstractmethod
    def messages(self, wanted: Collection[str]) -> Iterator[RawMessage]:
        """Yield the messages of some topics in the order they were written in."""
