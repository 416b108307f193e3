# SPDX-License-Identifier: Apache-2.0
"""The VMC protocol: blendshapes and the head's bone over OSC, in and out.

`/VMC/Ext/Blend/Val` (name, value) collects until `/VMC/Ext/Blend/Apply`; `/VMC/Ext/Bone/Pos`
holds a bone's position and quaternion, in Unity's axes (left-handed: y up, z out of the face).
"""

from __future__ import annotations

import math

import numpy as np

from x2c_core.arrays import Array
from x2c_sources.blendshapes.numbers import finite
from x2c_sources.blendshapes.osc import OSCMessage, osc_bundle, read_osc
from x2c_sources.blendshapes.shapes import INPUTS, POSES, SHAPES, shape_name, shape_vector
from x2c_sources.errors import PacketError

PORT = 39539

_VALUE = "/VMC/Ext/Blend/Val"
_APPLY = "/VMC/Ext/Blend/Apply"
_BONE = "/VMC/Ext/Bone/Pos"
_HEAD = "Head"


class VMC:
    """Reader of one program's packets; a face may be spread over several."""

    def __init__(self) -> None:
        self._values: dict[str, float] = {}

    def read(self, packet: bytes) -> Array | None:
        """Return the shapes (55,) when a packet completes a face; else None.

        Raises:
            PacketError: The packet has another format.
        """
        complete = False
        for message in read_osc(packet):
            if message.address == _VALUE:
                self._take(message)
            elif message.address == _BONE:
                self._values |= _head(message)
            complete |= message.address == _APPLY
        # Only names of `INPUTS` are kept, so this cannot grow.
        return shape_vector(self._values) if complete and self._values else None

    def _take(self, message: OSCMessage) -> None:
        match message.arguments:
            case (str() as text, int() | float() as value):
                name = shape_name(text)
                if name is not None:
                    (self._values[name],) = finite([float(value)], name)
            case _:
                raise PacketError(f"expected a name and a value, got {message.arguments!r}"[:120])


def _head(message: OSCMessage) -> dict[str, float]:
    name, *numbers = message.arguments or ("",)
    if name != _HEAD:
        return {}
    if len(numbers) != 7 or any(isinstance(one, str) for one in numbers):
        raise PacketError(f"expected the head's position and rotation, got {len(numbers)} values")
    x, y, z, w = finite([float(one) for one in numbers[3:]], "rotation")
    length = math.sqrt(x * x + y * y + z * z + w * w)
    if not length > 1e-6:
        raise PacketError("the head's rotation is no quaternion")
    x, y, z, w = (one / length for one in (x, y, z, w))
    # Yaw about y, then pitch about x, then roll about z; left-handed, so y turns to the right.
    sine = min(max(2.0 * (w * x - y * z), -1.0), 1.0)
    yaw = math.atan2(2.0 * (w * y + x * z), 1.0 - 2.0 * (x * x + y * y))
    roll = math.atan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (x * x + z * z))
    return {"headYaw": -yaw, "headPitch": math.asin(sine), "headRoll": -roll}


def vmc_packet(shapes: Array, time: float) -> bytes:
    """Return a packet that shows a face.

    Args:
        shapes: (55,) shapes and angles; NaN is left out.
        time: Time since the sender began [s].
    """
    named = dict(zip(INPUTS, shapes.tolist(), strict=True))
    yaw, pitch, roll = (0.0 if math.isnan(named[one]) else named[one] for one in POSES)
    messages = [
        OSCMessage("/VMC/Ext/OK", (1,)),
        OSCMessage("/VMC/Ext/T", (float(time),)),
        OSCMessage(_BONE, (_HEAD, 0.0, 0.0, 0.0, *_quaternion(-yaw, pitch, -roll))),
        *(
            # As avatars with "perfect sync" name them.
            OSCMessage(_VALUE, (name[0].upper() + name[1:], float(named[name])))
            for name in SHAPES
            if not math.isnan(named[name])
        ),
        OSCMessage(_APPLY),
    ]
    return osc_bundle(messages)


def _quaternion(yaw: float, pitch: float, roll: float) -> tuple[float, float, float, float]:
    (sy, sx, sz), (cy, cx, cz) = (
        np.sin([yaw / 2.0, pitch / 2.0, roll / 2.0]).tolist(),
        np.cos([yaw / 2.0, pitch / 2.0, roll / 2.0]).tolist(),
    )
    return (
        cy * sx * cz + sy * cx * sz,
        sy * cx * cz - cy * sx * sz,
        cy * cx * sz - sy * sx * cz,
        cy * cx * cz + sy * sx * sz,
    )
