# SPDX-License-Identifier: Apache-2.0
"""Joint states of the same joints again and again, as the bytes that the middleware sends.

rclpy makes strings of the middleware's of all names for every message: for 30 joints, that takes
longer than to send them.
"""

from __future__ import annotations

import array
import struct
from collections.abc import Sequence

import numpy as np
from builtin_interfaces.msg import Time
from rclpy.publisher import Publisher
from rclpy.serialization import serialize_message
from sensor_msgs.msg import JointState
from std_msgs.msg import Header

from x2c_core.arrays import Array
from x2c_node.local_delivery import LocalPublisher

_STAMP = struct.Struct("=iI")

_MARK = 0x5A5B5C5D
"""Both numbers of a stamp that is looked for where it was written."""


class SerializedJoints:
    """Serializer of joint states, of which only stamp and numbers change.

    Args:
        names: Names of the joints.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = list(names)
        self._form: tuple[str, bool] | None = None
        self._data = bytearray()
        self._stamp = 0
        self._numbers: list[memoryview] = []

    def publish(
        self,
        publisher: Publisher[JointState] | LocalPublisher,
        stamp: Time,
        frame_id: str,
        positions: Array,
        velocities: Array | None = None,
    ) -> None:
        """Publish a joint state; in the same process it is handed on as a message.

        Args:
            publisher: Publisher of joint states.
            stamp: Its stamp.
            frame_id: Its frame.
            positions: (n,) [rad or m].
            velocities: (n,) [rad/s or m/s]; none where None.
        """
        if isinstance(publisher, LocalPublisher):
            if not publisher.remote_only:
                publisher.publish(self.message(stamp, frame_id, positions, velocities))
                return
            publisher = publisher.remote
            if not publisher.get_subscription_count():
                return
        publisher.publish(self.serialized(stamp, frame_id, positions, velocities))

    def message(
        self, stamp: Time, frame_id: str, positions: Array, velocities: Array | None = None
    ) -> JointState:
        """Return the message itself.

        Args:
            stamp: Its stamp.
            frame_id: Its frame.
            positions: (n,) [rad or m].
            velocities: (n,) [rad/s or m/s]; none where None.
        """
        return JointState(
            header=Header(stamp=stamp, frame_id=frame_id),
            name=self._names,
            position=array.array("d", positions.tobytes()),
            velocity=array.array("d", b"" if velocities is None else velocities.tobytes()),
        )

    def serialized(
        self, stamp: Time, frame_id: str, positions: Array, velocities: Array | None = None
    ) -> bytes:
        """Return what `serialize_message` makes of the message.

        Args:
            stamp: Its stamp.
            frame_id: Its frame.
            positions: (n,) [rad or m].
            velocities: (n,) [rad/s or m/s]; none where None.
        """
        form = frame_id, velocities is None
        if form != self._form:
            self._lay_out(frame_id, 1 if velocities is None else 2)
            self._form = form
        if not self._numbers:
            return serialize_message(self.message(stamp, frame_id, positions, velocities))
        _STAMP.pack_into(self._data, self._stamp, stamp.sec, stamp.nanosec)
        self._numbers[0][:] = positions.tobytes()
        if velocities is not None:
            self._numbers[1][:] = velocities.tobytes()
        return bytes(self._data)

    def _lay_out(self, frame_id: str, rows: int) -> None:
        """Serialize a message, and find where in it the stamp and the numbers are."""
        count = len(self._names)
        # Numbers that nothing else looks like.
        marks = -1e300 * (1.0 + np.arange(rows * count).reshape(rows, count))
        stamp = Time(sec=_MARK, nanosec=_MARK)
        data = bytearray(serialize_message(self.message(stamp, frame_id, *marks)))
        sought = [_STAMP.pack(_MARK, _MARK), *(row.tobytes() for row in marks)]
        self._data, self._numbers = data, []
        if all(data.count(one) == 1 for one in sought):
            self._stamp, *places = map(data.index, sought)
            view = memoryview(data)
            self._numbers = [view[place : place + 8 * count] for place in places]
