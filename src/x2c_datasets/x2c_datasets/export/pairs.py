# SPDX-License-Identifier: Apache-2.0
"""Pairs of an image and the control values that belong to it, out of one bag."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from x2c_bags.errors import BagError
from x2c_bags.frames.bag_frames import FACE
from x2c_bags.frames.bag_images import UNUSABLE, image_in
from x2c_bags.frames.recorded_run import Joints, RecordedRun, read_recorded_run
from x2c_bags.frames.topic_choice import choose_topic
from x2c_bags.frames.topic_images import COMPRESSED, VIDEO
from x2c_bags.reading.bag_reader import BagReader
from x2c_bags.reading.storage import RawMessage
from x2c_bags.schema.topics import Part
from x2c_core.arrays import Array, ImageArray
from x2c_core.face.frames import ControlState
from x2c_node.conversion.headers import stamp_of

_LOOKED_AROUND = 50
"""Control values before and after the nearest one that may have the same stamp."""

_JPEG = b"\xff\xd8\xff"


@dataclass(frozen=True)
class Pairing:
    """Rules for pairing an image with control values.

    Attributes:
        tolerance: Their stamps are at most so far apart [s].
        delay: The image shows what was commanded so long before [s].
        any_state: Whether to use values that follow no person: held, or easing to neutral.
    """

    tolerance: float = 0.01
    delay: float = 0.0
    any_state: bool = False


@dataclass(frozen=True)
class BagPair:
    """An image with its control values.

    Attributes:
        stamp: Stamp of the image [ns]; the bag's time if it has none.
        image: (height, width, 3), BGR.
        jpeg: The image's file as it was recorded; empty where it was no JPEG.
        values: (30,) control values [ratio or rad].
    """

    stamp: int
    image: ImageArray
    jpeg: bytes
    values: Array


class BagPairs:
    """The pairs of one bag, in the order of its images.

    Args:
        reader: Reader of the bag.
        topic: Topic of the images; empty for the bag's only camera.
        pairing: Rules for pairing an image with control values.

    Attributes:
        topic: Topic of the images.
        left_out: Number of images without a pair, by reason; complete after a pass.

    Raises:
        BagError: There are no images, or no control values.
    """

    def __init__(self, reader: BagReader, topic: str, pairing: Pairing) -> None:
        self.reader = reader
        self.topic = choose_topic(reader, topic)
        self.left_out: Counter[str] = Counter()
        self._pairing = pairing
        kind = reader.topics[self.topic].message_type
        if kind == FACE:
            raise BagError(f"{reader.path} has no images, so there are no pairs in it")
        if kind in VIDEO:
            raise BagError(f"{self.topic} holds packets of a video, which are not exported")
        self._compressed = kind == COMPRESSED
        self.recorded_run: RecordedRun = read_recorded_run(reader)
        self._shown = self.recorded_run.shown
        stream = self._shown.stream
        if not len(stream):
            raise BagError(
                f"{reader.path} has no control values: 'x2c replay BAG --record DIR' makes a bag "
                "that has"
            )
        stamps = np.where(stream.stamps == 0, stream.times, stream.stamps)
        self._order = np.argsort(stamps, kind="stable")
        self._stamps = stamps[self._order]
        self._times = stream.times[self._order]

    @property
    def images(self) -> int:
        """Estimated number of images."""
        return self.reader.topics[self.topic].count

    @property
    def commands(self) -> tuple[NDArray[np.int64], Joints]:
        """Stamps (n,) [ns] of joint commands, and the commands."""
        return self.recorded_run.streams[Part.COMMANDS].stamps, self.recorded_run.commands

    @property
    def joint_states(self) -> tuple[NDArray[np.int64], Joints]:
        """Stamps (n,) [ns] of joint states, and the states."""
        return self.recorded_run.streams[Part.JOINT_STATES].stamps, self.recorded_run.joint_states

    def pairs(self) -> Iterator[BagPair | None]:
        """Yield the pair of each image; None where it has none."""
        self.left_out.clear()
        for raw in self.reader.messages([self.topic]):
            try:
                yield self._pair(raw)
            except UNUSABLE as error:
                self.left_out[f"cannot be used: {error}"] += 1
                yield None

    def _pair(self, raw: RawMessage) -> BagPair | None:
        message = self.reader.decode(raw)
        stamp = stamp_of(message) or raw.time
        place = self._nearest(stamp - round(self._pairing.delay * 1e9), raw.time)
        if place is None:
            self.left_out[f"no control values within {self._pairing.tolerance:g} s"] += 1
            return None
        state = self._shown.states[place]
        if not self._pairing.any_state and state != ControlState.TRACKING:
            self.left_out["no person was followed"] += 1
            return None
        image, jpeg = self._image(message)
        return BagPair(stamp, image, jpeg, self._shown.values[place])

    def _nearest(self, stamp: int, time: int) -> int | None:
        """Return the place of the control values nearest to a stamp, then to a time [ns].

        Stamps come again where a bag was recorded while another one was played in a loop.
        """
        middle = int(np.searchsorted(self._stamps, stamp))
        near = slice(max(0, middle - _LOOKED_AROUND), middle + _LOOKED_AROUND)
        apart = np.abs(self._stamps[near] - stamp)
        if not len(apart) or apart.min() > self._pairing.tolerance * 1e9:
            return None
        best = np.lexsort((np.abs(self._times[near] - time), apart))[0]
        return int(self._order[near][best])

    def _image(self, message: Any) -> tuple[ImageArray, bytes]:
        image = image_in(message, compressed=self._compressed)
        data = bytes(message.data) if self._compressed else b""
        return image, data if data.startswith(_JPEG) else b""
