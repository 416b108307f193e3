# SPDX-License-Identifier: Apache-2.0
"""Bring together what belongs to each camera frame of a bag, in one pass and little memory."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from x2c_bags.errors import BagError
from x2c_bags.reading.bag_reader import BagReader
from x2c_bags.reading.storage import RawMessage
from x2c_bags.schema.topics import Part
from x2c_core.arrays import ImageArray
from x2c_core.control_space import controls
from x2c_core.face import topology
from x2c_core.face.frames import ControlState, FaceState
from x2c_core.images.image_decoding import ImageDecodingError, decode_image
from x2c_evaluation.run_report.composer import FrameSet
from x2c_node.conversion.headers import stamp_of

_PARTS = (Part.CAMERA_IMAGE, Part.FACE, Part.CONTROLS, Part.COMMANDS, Part.ROBOT_IMAGE)

Redraw = Callable[[Sequence[str], Sequence[float]], ImageArray | None]
"""Function that draws the robot, BGR, at positions of named joints; None where it cannot."""

_WAIT = 1_000_000_000
"""Time after an image in which its answers are looked for [ns]."""


@dataclass(frozen=True)
class _Seen:
    stamp: int
    time: int
    message: Any


class _Window:
    """The messages of the last while, by part."""

    def __init__(self, redraw: Redraw | None) -> None:
        self._seen: defaultdict[Part, deque[_Seen]] = defaultdict(deque)
        self._redraw = redraw
        self.values: NDArray[np.float64] | None = None
        self.control_state: ControlState | None = None
        self._robot: tuple[_Seen | None, ImageArray | None] = (None, None)

    def add(self, part: Part, seen: _Seen) -> None:
        self._seen[part].append(seen)

    def next_image(self, now: int | None) -> _Seen | None:
        """Return the oldest image whose answers must be here by now (None: the end)."""
        images = self._seen[Part.CAMERA_IMAGE]
        if images and (now is None or now - images[0].time > _WAIT):
            return images.popleft()
        return None

    def answer(self, part: Part, image: _Seen) -> _Seen | None:
        """Return the first message with an image's stamp."""
        waiting = self._seen[part]
        while waiting and waiting[0].time < image.time - _WAIT:
            waiting.popleft()
        return next((one for one in waiting if one.stamp == image.stamp), None)

    def robot_image(self, image: _Seen) -> ImageArray | None:
        """Return the robot when an image was published: drawn again, or else as recorded."""
        recorded = self._nearest(Part.ROBOT_IMAGE, image)
        if recorded is None:
            return self._robot[1]
        joints = self._nearest(Part.JOINT_STATES, image) if self._redraw is not None else None
        shown = joints or recorded
        if shown is not self._robot[0]:
            drawn = None
            if joints is not None and self._redraw is not None:
                drawn = self._redraw(joints.message.name, joints.message.position)
            if drawn is None:
                drawn = decode_recorded(recorded.message.data)
            self._robot = (shown, drawn if drawn is not None else self._robot[1])
        return self._robot[1]

    def _nearest(self, part: Part, image: _Seen) -> _Seen | None:
        """Return the message that was published nearest to an image."""
        waiting = self._seen[part]
        while len(waiting) > 1 and (
            abs(waiting[1].time - image.time) <= abs(waiting[0].time - image.time)
        ):
            waiting.popleft()
        # One that comes much later does not show this moment.
        return waiting[0] if waiting and waiting[0].time - image.time < _WAIT else None


def frame_sets(reader: BagReader, redraw: Redraw | None = None) -> Iterator[FrameSet]:
    """Yield one moment for each camera image of a bag, in order.

    Args:
        reader: Reader of the bag.
        redraw: Draws the robot again where images of it were recorded, instead of these.
    """
    window = _Window(redraw)
    parts = _PARTS if redraw is None else (*_PARTS, Part.JOINT_STATES)
    for raw in reader.messages_of(parts):
        seen = _decode(reader, raw)
        if seen is None:
            continue
        window.add(reader.parts[raw.channel.topic], seen)
        while (image := window.next_image(seen.time)) is not None:
            yield _frame_set(window, image)
    while (image := window.next_image(None)) is not None:
        yield _frame_set(window, image)


def decode_recorded(data: Any) -> ImageArray | None:
    """Return the BGR image in JPEG or PNG bytes; None where there is none."""
    try:
        return decode_image(data)
    except ImageDecodingError:
        return None


def _decode(reader: BagReader, raw: RawMessage) -> _Seen | None:
    try:
        message = reader.decode(raw)
        stamp = stamp_of(message)
    except (BagError, AttributeError):
        # The report counts these.
        return None
    return _Seen(stamp, raw.time, message)


def _frame_set(window: _Window, image: _Seen) -> FrameSet:
    face = window.answer(Part.FACE, image)
    state, landmarks = _face(face)
    values = window.answer(Part.CONTROLS, image)
    if values is not None:
        numbers = np.asarray(values.message.values, dtype=np.float64)
        if numbers.shape == (controls.COUNT,) and np.isfinite(numbers).all():
            window.values = numbers
            window.control_state = _known(ControlState, values.message.state)
    command = window.answer(Part.COMMANDS, image)
    return FrameSet(
        stamp=image.stamp,
        image=decode_recorded(image.message.data),
        landmarks=landmarks,
        face_state=state,
        values=window.values,
        control_state=window.control_state,
        robot_image=window.robot_image(image),
        latency=_latency(command),
    )


def _face(seen: _Seen | None) -> tuple[FaceState | None, NDArray[np.float64] | None]:
    if seen is None:
        return None, None
    state = _known(FaceState, seen.message.state)
    landmarks = np.asarray(seen.message.landmarks, dtype=np.float64)
    if state is not FaceState.TRACKING or landmarks.size != topology.COUNT * 3:
        return state, None
    return state, landmarks.reshape(topology.COUNT, 3)


def _latency(command: _Seen | None) -> float | None:
    if command is None or not 0 <= command.time - command.stamp < 60_000_000_000:
        return None
    return (command.time - command.stamp) * 1e-9


def _known(kind: Any, number: int) -> Any:
    return kind(number) if number in list(kind) else None
