# SPDX-License-Identifier: Apache-2.0
"""Formats of puppeteers' packets, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from x2c_core.arrays import Array
from x2c_sources.blendshapes import ifacialmocap, live_link_face, openseeface, vmc


class PacketReader(Protocol):
    """Reader of one sender's packets."""

    def read(self, packet: bytes) -> Array | None:
        """Return the shapes (55,) that a packet completes, or None.

        Raises:
            PacketError: The packet has another format.
        """


@dataclass(frozen=True)
class PacketFormat:
    """One format.

    Attributes:
        port: UDP port that its senders use.
        reader: Makes a reader.
        request: Packet that asks a phone to send; empty for senders that need none.
    """

    port: int
    reader: Callable[[], PacketReader]
    request: bytes = b""


FORMATS: Mapping[str, PacketFormat] = {
    "live_link_face": PacketFormat(live_link_face.PORT, live_link_face.LiveLinkFace),
    "ifacialmocap": PacketFormat(
        ifacialmocap.PORT, ifacialmocap.IFacialMocap, ifacialmocap.REQUEST
    ),
    "facemotion3d": PacketFormat(
        ifacialmocap.FACEMOTION3D_PORT,
        ifacialmocap.IFacialMocap,
        ifacialmocap.FACEMOTION3D_REQUEST,
    ),
    "vmc": PacketFormat(vmc.PORT, vmc.VMC),
    "openseeface": PacketFormat(openseeface.PORT, openseeface.OpenSeeFace),
}
