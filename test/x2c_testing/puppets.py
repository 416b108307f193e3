# SPDX-License-Identifier: Apache-2.0
"""Senders of puppeteers' packets, built by the formats' public descriptions."""

from __future__ import annotations

import struct
from collections.abc import Mapping

from x2c_sources.blendshapes.live_link_face import ORDER

_FEATURES = """
eye_l eye_r steepness_l updown_l quirk_l steepness_r updown_r quirk_r
corner_updown_l corner_inout_l corner_updown_r corner_inout_r open wide
"""


def live_link_face(shapes: Mapping[str, float] | None, head=(0.0, 0.0, 0.0)) -> bytes:
    """Return a packet of the app Live Link Face; None for one without a face."""
    device, subject = b"4A5E64B0-0000-4000-8000-16C2E4F4B1B2", b"phone"
    packet = b"\x06" + struct.pack(">i", len(device)) + device
    packet += struct.pack(">i", len(subject)) + subject
    packet += struct.pack(">ifii", 1234, 0.25, 60, 1)
    if shapes is None:
        return packet + b"\x00"
    values = [shapes.get(name, 0.0) for name in ORDER] + [*head] + [0.0] * 6
    return packet + struct.pack(">B61f", len(values), *values)


def ifacialmocap(shapes: Mapping[str, int], head="0,0,0,0,0,-0.6", separator="-") -> bytes:
    """Return a packet of the app iFacialMocap; shapes from 0 to 100."""
    named = [f"{name}{separator}{value}" for name, value in shapes.items()]
    eyes = ["rightEye#6.02,2.44,0.25", "leftEye#6.03,-1.66,-0.17"]
    return ("|".join([*named, f"=head#{head}", *eyes]) + "|").encode()


def openseeface(identity=0, eyes=(1.0, 1.0), euler=(-180.0, 0.0, 90.0), **features) -> bytes:
    """Return one face of a packet of OpenSeeFace; eyes are right and left."""
    values = [features.get(name, 0.0) for name in _FEATURES.split()]
    head = struct.pack("<di4fB", 12.5, identity, 640.0, 480.0, *eyes, 1)
    pose = struct.pack("<f4f3f3f", 5.0, 0.0, 0.0, 0.0, 1.0, *euler, 0.0, 0.0, 10.0)
    return head + pose + bytes(4 * (68 + 2 * 68 + 3 * 70)) + struct.pack("<14f", *values)
