# SPDX-License-Identifier: Apache-2.0
"""Packets of the app Live Link Face (ARKit mode), as its UDP protocol describes them.

Big-endian: version (uint8), then device and subject, each with its length before it (int32), then
frame, sub-frame, rate and its denominator (4 bytes each), the number of values (uint8) and the
values (float32): 52 shapes, and yaw, pitch and roll of head, left and right eye.
"""

from __future__ import annotations

import struct

from x2c_core.arrays import Array
from x2c_sources.blendshapes.numbers import finite
from x2c_sources.blendshapes.shapes import shape_vector
from x2c_sources.errors import PacketError

PORT = 11111

_EYE = "eyeBlink eyeLookDown eyeLookIn eyeLookOut eyeLookUp eyeSquint eyeWide"
_REST = """
jawForward jawLeft jawRight jawOpen mouthClose mouthFunnel mouthPucker mouthLeft mouthRight
mouthSmileLeft mouthSmileRight mouthFrownLeft mouthFrownRight mouthDimpleLeft mouthDimpleRight
mouthStretchLeft mouthStretchRight mouthRollLower mouthRollUpper mouthShrugLower mouthShrugUpper
mouthPressLeft mouthPressRight mouthLowerDownLeft mouthLowerDownRight mouthUpperUpLeft
mouthUpperUpRight browDownLeft browDownRight browInnerUp browOuterUpLeft browOuterUpRight
cheekPuff cheekSquintLeft cheekSquintRight noseSneerLeft noseSneerRight tongueOut
"""
ORDER: tuple[str, ...] = (
    *(f"{one}{side}" for side in ("Left", "Right") for one in _EYE.split()),
    *_REST.split(),
)
"""Order of the shapes in a packet."""

VALUES = 61
_LONGEST_NAME = 256
_FRAME = struct.Struct(">ifii")


class LiveLinkFace:
    """Reader of the packets of one phone; each packet is one face."""

    def read(self, packet: bytes) -> Array | None:
        """Return the shapes (55,) of a packet; None while the app sees no face.

        Raises:
            PacketError: The packet has another format.
        """
        if not packet:
            raise PacketError("the packet is empty")
        at = 1
        for part in ("device", "subject"):
            at = _past_text(packet, at, part)
        if len(packet) < at + _FRAME.size:
            raise PacketError(f"a packet of {len(packet)} bytes ends before its frame")
        at += _FRAME.size
        if len(packet) == at or packet[at] == 0:
            # The app sees no face.
            return None
        count = packet[at]
        at += 1
        if count != VALUES or len(packet) < at + 4 * VALUES:
            raise PacketError(f"expected {VALUES} values, got {count} in {len(packet) - at} bytes")
        values = finite(struct.unpack_from(f">{VALUES}f", packet, at), "value")
        named = dict(zip(ORDER, values, strict=False))
        yaw, pitch, roll = values[len(ORDER) : len(ORDER) + 3]
        # Unreal's axes: yaw turns to the right, and the nose points along -x.
        return shape_vector({**named, "headYaw": -yaw, "headPitch": pitch, "headRoll": -roll})


def _past_text(packet: bytes, at: int, part: str) -> int:
    if len(packet) < at + 4:
        raise PacketError(f"a packet of {len(packet)} bytes ends before its {part}")
    length = int.from_bytes(packet[at : at + 4], "big", signed=True)
    if not 0 <= length <= _LONGEST_NAME or at + 4 + length > len(packet):
        raise PacketError(f"the {part}'s name has an impossible length: {length}")
    return at + 4 + length
