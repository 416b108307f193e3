# SPDX-License-Identifier: Apache-2.0
"""Packets of the apps iFacialMocap and Facemotion3d, as their pages for developers describe them.

Text: `name-value` with values of 0 to 100, joined by `|`; then `=head#` with three angles [deg]
and a position, and the same for both eyes. Facemotion3d and newer versions put `&` for `-`. The
apps send to those who have sent them a request.
"""

from __future__ import annotations

import re

import numpy as np

from x2c_core.arrays import Array
from x2c_sources.blendshapes.numbers import number
from x2c_sources.blendshapes.shapes import shape_name, shape_vector
from x2c_sources.errors import PacketError

PORT = 49983
REQUEST = b"iFacialMocap_sahuasouryya9218sauhuiayeta91555dy3719"

FACEMOTION3D_PORT = 49993
FACEMOTION3D_REQUEST = b"FACEMOTION3D_OtherStreaming"

_ENTRY = re.compile(r"(\w+)[-&](-?[\d.eE+-]+)")
_LONGEST = 8192


class IFacialMocap:
    """Reader of the packets of one phone; each packet is one face."""

    def read(self, packet: bytes) -> Array | None:
        """Return the shapes (55,) of a packet; None if it says nothing of a face.

        Raises:
            PacketError: The packet has another format.
        """
        if len(packet) > _LONGEST:
            raise PacketError(f"a packet of {len(packet)} bytes is longer than {_LONGEST}")
        try:
            text = packet.decode("ascii")
        except UnicodeDecodeError as error:
            raise PacketError(f"expected text: {error.reason}") from error
        values: dict[str, float] = {}
        for entry in filter(None, text.strip().split("|")):
            if "#" in entry:
                values |= _pose(entry)
            else:
                values |= _shape(entry)
        return shape_vector(values) if values else None


def _shape(entry: str) -> dict[str, float]:
    found = _ENTRY.fullmatch(entry)
    if found is None:
        raise PacketError(f"expected NAME-VALUE, got {entry[:40]!r}")
    name = shape_name(found[1])
    # Apps add shapes of their own.
    return {} if name is None else {name: number(found[2], name) / 100.0}


def _pose(entry: str) -> dict[str, float]:
    name, _, rest = entry.partition("#")
    texts = rest.split(",")
    if name not in ("=head", "rightEye", "leftEye") or not 3 <= len(texts) <= 6:
        raise PacketError(f"expected head or eyes with angles, got {entry[:40]!r}")
    pitch, yaw, roll = (np.radians(number(text, f"angle of {name}")) for text in texts[:3])
    if name != "=head":
        # The eyeLook shapes say the same.
        return {}
    # ARKit's axes: x to the face's own left, y up, z out of the face.
    return {"headYaw": yaw, "headPitch": pitch, "headRoll": roll}
