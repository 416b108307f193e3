# SPDX-License-Identifier: Apache-2.0
"""Frames of a bag: images of any camera, or recorded landmarks."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from x2c_bags.errors import BagError
from x2c_bags.frames.bag_images import UNUSABLE
from x2c_bags.frames.frame_source import Frame, FrameSource, SourceFacts
from x2c_bags.frames.topic_images import IMAGE, TopicImages
from x2c_bags.reading.bag_reader import BagReader
from x2c_bags.reading.storage import RawMessage
from x2c_bags.schema.topics import Part
from x2c_core.arrays import ImageArray
from x2c_core.face.frames import Face
from x2c_core.system.stamp_checks import StampGuard
from x2c_node.conversion.headers import stamp_of
from x2c_node.conversion.messages import face_from_message

FACE = "x2c_msgs/msg/FaceLandmarks"


class BagFrames(FrameSource):
    """The frames of one topic.

    Args:
        reader: Reader of the bag.
        topic: Topic of images or of landmarks.
        with_neutral: Whether the recorded neutral face is yielded when it comes.
    """

    def __init__(self, reader: BagReader, topic: str, with_neutral: bool = False) -> None:
        self._reader, self._topic = reader, topic
        kind = reader.topics[topic].message_type
        facts = SourceFacts("bag", topic, kind, storage=[one.name for one in reader.file_paths])
        super().__init__(facts, reader.found, reader.topics[topic].count or None)
        self._kind = kind
        self.bag = reader
        names = {part: name for name, part in reader.parts.items()}
        self._neutral = names.get(Part.NEUTRAL_FACE) if with_neutral else None
        self.has_neutral = self._neutral is not None

    def frames(self) -> Iterator[Frame]:
        """Yield the frames that can be read."""
        counting, self._counted = not self._counted, True
        index = -1
        # Clocks of a recorder and of a camera may differ: only steps of the stamps count.
        guard = StampGuard(same_clock=False)
        images = TopicImages(self._kind)
        wanted = [self._topic, *([self._neutral] if self._neutral else [])]
        for raw in self._reader.messages(wanted):
            if raw.channel.topic == self._neutral:
                yield from self._neutral_face(raw)
                continue
            index += 1
            try:
                message = self._reader.decode(raw)
                nanoseconds = guard.time(stamp_of(message), raw.time)
                frame = self._frame(index, nanoseconds, raw.time, message, images)
            except UNUSABLE as error:
                if counting:
                    self._refused(error)
                continue
            if counting:
                self._count(message, frame)
                if guard.fault is not None:
                    self.issues.add(f"frames {guard.fault}: the bag's time was taken", loss=False)
            yield frame

    def selected(self, indices: Collection[int]) -> Iterator[tuple[int, ImageArray]]:
        """Yield index and image of some frames."""
        if self._kind == FACE:
            return
        wanted, images = set(indices), TopicImages(self._kind)
        for index, raw in enumerate(self._reader.messages([self._topic])):
            # Of a video, each packet builds on those before.
            if index not in wanted and self._kind == IMAGE:
                continue
            try:
                image = images.image(self._reader.decode(raw))
            except UNUSABLE:
                continue
            if index in wanted:
                yield index, image
                wanted.discard(index)
            if not wanted:
                return

    def _frame(
        self, index: int, stamp: int, time: int, message: Any, images: TopicImages
    ) -> Frame:
        if self._kind == FACE:
            return Frame(index, stamp, time, face=face_from_message(message))
        return Frame(index, stamp, time, images.image(message))

    def _neutral_face(self, raw: RawMessage) -> Iterator[Frame]:
        try:
            face: Face = face_from_message(self._reader.decode(raw))
        except UNUSABLE as error:
            self.issues.once(f"the recorded neutral face cannot be used: {error}")
            return
        yield Frame(-1, raw.time, raw.time, face=face, is_neutral=True)

    def _refused(self, error: Exception) -> None:
        text = str(error) if isinstance(error, BagError) else f"{self._topic}: {error}"
        self.issues.add(f"a frame cannot be used: {text}")

    def _count(self, message: Any, frame: Frame) -> None:
        facts = self.facts
        if self._kind == FACE:
            name, size = "landmarks", f"{message.image_width}x{message.image_height}"
        else:
            image = frame.image
            if image is None:
                return
            name = str(message.encoding if hasattr(message, "encoding") else message.format)
            size = f"{image.shape[1]}x{image.shape[0]}"
        facts.encodings[name] = facts.encodings.get(name, 0) + 1
        facts.sizes[size] = facts.sizes.get(size, 0) + 1
