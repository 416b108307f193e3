# SPDX-License-Identifier: Apache-2.0
"""The metadata of a bag, in rosbag2's version 9 (Jazzy, Kilted)."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from x2c_bags.schema.definitions import definition
from x2c_bags.schema.topics import Part, Topic

METADATA_FILE = "metadata.yaml"

_VERSION = 9
_FOREVER = {"sec": 9223372036, "nsec": 854775807}


@dataclass(frozen=True)
class FileInformation:
    """One file of a bag.

    Attributes:
        name: Name of the file.
        start: Time of its first message [ns].
        end: Time of its last message [ns].
        counts: Number of messages of each topic.
    """

    name: str
    start: int = 0
    end: int = 0
    counts: Mapping[Part, int] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """Number of messages in the file."""
        return sum(self.counts.values())


def metadata_of(
    topics: Mapping[str, Topic], files: Sequence[FileInformation], custom: Mapping[str, str]
) -> dict[str, Any]:
    """Return what rosbag2 keeps in memory of a bag.

    Args:
        topics: Recorded topics, by full name.
        files: Files of the bag, in order.
        custom: Its custom data.
    """
    counts: Counter[Part] = Counter()
    for file in files:
        counts.update(file.counts)
    filled = [file for file in files if file.counts]
    start = min((file.start for file in filled), default=0)
    end = max((file.end for file in filled), default=0)
    return {
        "version": _VERSION,
        "storage_identifier": "mcap",
        "duration": {"nanoseconds": end - start},
        "starting_time": {"nanoseconds_since_epoch": start},
        "message_count": counts.total(),
        "topics_with_message_count": [
            {
                "topic_metadata": {
                    "name": name,
                    "type": topic.message_type,
                    "serialization_format": "cdr",
                    "offered_qos_profiles": qualities(topic),
                    "type_description_hash": definition(topic.message_type).hash,
                },
                "message_count": counts[topic.part],
            }
            for name, topic in topics.items()
            if counts[topic.part] or not topic.shared_face
        ],
        "compression_format": "",
        "compression_mode": "",
        "relative_file_paths": [file.name for file in files],
        "files": [
            {
                "path": file.name,
                "starting_time": {"nanoseconds_since_epoch": file.start},
                "duration": {"nanoseconds": file.end - file.start},
                "message_count": file.count,
            }
            for file in files
        ],
        "custom_data": dict(custom),
        "ros_distro": os.environ.get("ROS_DISTRO", "unknown"),
    }


def qualities(topic: Topic) -> list[dict[str, Any]]:
    """Return the QoS that a topic is offered with, as rosbag2 writes it."""
    return [
        {
            "history": "keep_last",
            "depth": topic.depth,
            "reliability": "reliable",
            "durability": "transient_local" if topic.latched else "volatile",
            "deadline": dict(_FOREVER),
            "lifespan": dict(_FOREVER),
            "liveliness": "automatic",
            "liveliness_lease_duration": dict(_FOREVER),
            "avoid_ros_namespace_conventions": False,
        }
    ]


def to_yaml(value: Any) -> str:
    """Return a value as YAML without anchors."""
    return yaml.dump(value, Dumper=_Plain, sort_keys=False, allow_unicode=True)


class _Plain(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        """Write what occurs twice twice: rosbag2's parser follows aliases, others may not."""
        return True
