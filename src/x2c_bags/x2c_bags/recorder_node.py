# SPDX-License-Identifier: Apache-2.0
"""Records a run: a bag of all small topics and compressed images, and a table of controls."""

from __future__ import annotations

import importlib
import struct
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy
from rclpy.subscription import Subscription

from x2c_bags.errors import BagError
from x2c_bags.recorder import PUBLICATION_CLOCK, ROS_CLOCK, Recorder
from x2c_bags.schema.definitions import definition
from x2c_bags.schema.topics import TOPICS, Part, Topic
from x2c_bags.writing.bag_writer import Split
from x2c_core.printable import printable
from x2c_core.words import counted
from x2c_node.diagnostics import Diagnosis, Level
from x2c_node.graph.endpoints import endpoint_id, publisher_id, publishers
from x2c_node.managed_node import ManagedNode
from x2c_node.parameters import Parameters, parameter
from x2c_node.spinning.spin import run_node

_TYPES = {topic.part: topic.message_type for topic in TOPICS}
_MEASURED = (Part.FACE, Part.CONTROLS, Part.COMMANDS, Part.ROBOT_IMAGE)
_LONGEST_TRANSPORT = 5_000_000_000
_DEPTH = 100
_LONGEST_STALL = 60.0
"""A disk that holds up the writer for so long counts as hanging [s]."""

_EARLY = 1000
"""Messages that wait for the first /clock, at most."""


@dataclass(frozen=True)
class RecorderParameters(Parameters):
    """Parameters of the recorder."""

    output: str = parameter("", "Folder for bag/ and controls.csv; created if missing.")
    overwrite: bool = parameter(False, "Replace an earlier recording in the same folder.")
    images: bool = parameter(True, "Record compressed images too.")
    mixer: bool = parameter(
        False,
        "Record what shares the face from the start; else from when face_mixer_node is found.",
    )
    flush_period: float = parameter(
        1.0, "Longest recording that a killed process can lose [s].", minimum=0.1, maximum=60.0
    )
    max_bag_size: int = parameter(
        0, "Size at which the bag goes on in another file [byte]; 0: no limit.", minimum=0
    )
    max_bag_duration: float = parameter(
        0.0,
        "Duration after which the bag goes on in another file [s]; 0: no limit.",
        minimum=0.0,
    )


class RecorderNode(ManagedNode[RecorderParameters]):
    """Records what the other nodes publish while it is active."""

    def __init__(self, **node_arguments: Any) -> None:
        super().__init__("recorder_node", RecorderParameters, **node_arguments)
        self._recorder: Recorder | None = None
        self._subscriptions_by_part: dict[Part, Subscription[Any]] = {}
        self._reported = ""
        self._early: deque[tuple[Part, bytes, str]] = deque(maxlen=_EARLY)
        self._other_types: dict[bytes, str] = {}

    @property
    def finished(self) -> bool:
        """True when recording has ended because the disk or the writer failed."""
        return self._recorder is not None and bool(self._recorder.broken)

    def configure(self) -> None:
        """Check where to record."""
        if not self.params.output:
            raise BagError("parameter output: expected a folder to record to, got nothing")

    def activate(self) -> None:
        """Start a recording."""
        topics = [one for one in TOPICS if self.params.images or not one.image]
        self._recorder = Recorder(
            Path(self.params.output).expanduser(),
            {self.resolve_topic_name(one.part): one for one in topics},
            ROS_CLOCK if self._simulated_time else PUBLICATION_CLOCK,
            self.params.flush_period,
            self.params.overwrite,
            Split(self.params.max_bag_size, int(self.params.max_bag_duration * 1e9)),
            self.supervisor.pulse("recorder", _LONGEST_STALL),
        )
        self._subscriptions_by_part = {
            one.part: self._subscribe(one) for one in topics if not one.shared_face
        }
        self._subscribe_to_shared_face()
        self.timer(0.5, self._watch)

    def deactivate(self) -> None:
        """Finish the recording."""
        recorder, self._recorder = self._recorder, None
        if recorder is not None:
            self._put_early(recorder, 0)
            recorder.close()

    def diagnose(self) -> Diagnosis:
        """Return whether what is published reaches the disk."""
        recorder = self._recorder
        if recorder is None:
            return Diagnosis(Level.WARN, "not recording")
        counts = recorder.counts
        values = {f"{part} recorded": str(count) for part, count in counts.items()}
        values["lost"] = str(recorder.lost)
        if recorder.fault:
            return Diagnosis(Level.ERROR, recorder.fault, values)
        if self._early:
            waiting = counted(len(self._early), "message waits", "messages wait")
            return Diagnosis(Level.WARN, f"{waiting} for a first time on /clock", values)
        if recorder.lost:
            return Diagnosis(Level.WARN, f"{counted(recorder.lost, 'message')} lost", values)
        if not counts:
            return Diagnosis(Level.OK, "waiting for messages", values)
        return Diagnosis(Level.OK, f"recording to {self.params.output}", values)

    def _subscribe_to_shared_face(self) -> None:
        """Hear what shares the face, once there is a mixer.

        Without one, sources would take the recorder for it.
        """
        if Part.MIXER_STATE in self._subscriptions_by_part:
            return
        if self.params.mixer or publishers(self, self.resolve_topic_name(Part.MIXER_STATE)):
            if self._recorder is not None:
                self._recorder.in_table = Part.MIXED_CONTROLS
            for topic in TOPICS:
                if topic.shared_face:
                    self._subscriptions_by_part[topic.part] = self._subscribe(topic)

    def _subscribe(
        self, topic: Topic, reliability: ReliabilityPolicy = ReliabilityPolicy.RELIABLE
    ) -> Subscription[Any]:
        durability = DurabilityPolicy.TRANSIENT_LOCAL if topic.latched else None
        quality = QoSProfile(
            history=HistoryPolicy.KEEP_LAST,
            depth=_DEPTH,
            reliability=reliability,
            durability=durability or DurabilityPolicy.VOLATILE,
        )
        return self.subscription(
            _message_class(topic.message_type),
            topic.part,
            self._take(topic.part),
            quality,
            raw=True,
            # The parameter would keep what the first subscription to the topic asked for.
            overridable=reliability is ReliabilityPolicy.RELIABLE,
        )

    def _take(self, part: Part) -> Callable[[bytes, dict[str, Any]], None]:
        def take(data: bytes, info: dict[str, Any]) -> None:
            if self._recorder is not None:
                now = self.get_clock().now().nanoseconds
                other_type = self._other_type(part, info)
                if self._simulated_time and now == 0:
                    self._early.append((part, data, other_type))
                    return
                self._put_early(self._recorder, now)
                published = now if self._simulated_time else info["source_timestamp"]
                # Latched messages come with the time they were published, however long ago.
                timely = 0 <= now - published <= _LONGEST_TRANSPORT
                self._recorder.put(part, published if timely else now, data, other_type)
                if part in _MEASURED and timely and not self._simulated_time:
                    self.statistics.measured(f"{part} age", (published - stamp_of(data)) * 1e-9)

        return take

    def _other_type(self, part: Part, info: dict[str, Any]) -> str:
        """Return the hash of a publisher's type; empty where it is the installed type's."""
        publisher = publisher_id(info)
        if publisher is None:
            return ""
        if publisher not in self._other_types:
            kind = _TYPES[part]
            topic = self.resolve_topic_name(part)
            offered = publishers(self, topic) or ()
            said = {endpoint_id(one): str(one.topic_type_hash) for one in offered}
            found = said.get(publisher, "")
            differs = found.startswith("RIHS01_") and found != definition(kind).hash
            self._other_types[publisher] = found if differs else ""
            if differs:
                self.get_logger().warning(
                    f"{topic}: a publisher has another version of {kind} than is installed here "
                    f"({found}): its messages are recorded on a channel without a definition; "
                    "record where the publisher's messages are installed"
                )
        return self._other_types[publisher]

    def _put_early(self, recorder: Recorder, now: int) -> None:
        """Record what came before the first /clock, with a time [ns]."""
        while self._early:
            part, data, other_type = self._early.popleft()
            recorder.put(part, now, data, other_type)

    @property
    def _simulated_time(self) -> bool:
        return bool(self.get_parameter("use_sim_time").value)

    def _watch(self) -> None:
        """Say once what cannot be written, and hear publishers that are only best effort."""
        fault = self._recorder.fault if self._recorder is not None else ""
        if fault and fault != self._reported:
            hope = "" if self.finished else "; recording continues as soon as there is room"
            self.get_logger().error(printable(f"{fault}{hope}"))
        self._reported = fault
        self._subscribe_to_shared_face()
        for topic in TOPICS:
            subscription = self._subscriptions_by_part.get(topic.part)
            if subscription is None or topic.latched:
                continue
            wanted = subscription.qos_profile.reliability
            offered = {
                one.qos_profile.reliability
                for one in publishers(self, subscription.topic_name) or ()
            }
            if wanted is ReliabilityPolicy.RELIABLE and ReliabilityPolicy.BEST_EFFORT in offered:
                self.get_logger().info(f"{subscription.topic_name} is recorded as best effort")
                self.destroy_subscription(subscription)
                self._subscriptions_by_part[topic.part] = self._subscribe(
                    topic, ReliabilityPolicy.BEST_EFFORT
                )


def stamp_of(data: bytes) -> int:
    """Return the stamp [ns] of a serialized message that begins with a header."""
    order = "<" if data[1] & 1 else ">"
    seconds, rest = struct.unpack_from(f"{order}iI", data, 4)
    return int(seconds * 1_000_000_000 + rest)


def _message_class(message_type: str) -> type:
    package, _, name = message_type.partition("/msg/")
    message_class: type = getattr(importlib.import_module(f"{package}.msg"), name)
    return message_class


def main() -> None:
    """Run the recorder."""
    run_node(RecorderNode)
