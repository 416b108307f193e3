# SPDX-License-Identifier: Apache-2.0
"""UDP socket that takes the packets of one sender, and a bounded number at a time."""

from __future__ import annotations

import socket
import time
from collections import Counter
from collections.abc import Callable

from x2c_core.arrays import Array
from x2c_sources.blendshapes.formats import PacketFormat
from x2c_sources.errors import PacketError, ReceiverError

_LARGEST = 65535
_MOST_AT_ONCE = 64

_REQUEST_PERIOD = 1.0
"""Time between two requests to a phone that is silent [s]."""


class PuppetReceiver:
    """Newest face of one sender.

    The first sender of a valid face is followed until it has been silent for a while. Packets of
    others are dropped unread, so that a stranger can neither steer nor disturb the face. Where a
    phone is named, only that one is heard, and is asked to send while it is silent, if the format
    needs that.

    Attributes:
        counts: Packets dropped so far, by reason.
        requests: Requests to the phone so far, sent and failed.
        last_error: Description of the last malformed packet; empty if there was none.
        sender: Address that is followed; empty before the first face.

    Args:
        packets: Format of the packets.
        address: Address to listen at.
        port: Port to listen at; 0 for the format's own.
        silence: Time after which another sender may take over [s].
        clock: Steady clock [s].
        phone: Name or address of the only sender that is heard; empty for the first one.

    Raises:
        ReceiverError: The address and port cannot be listened at, or the phone cannot be reached
            from there.
    """

    def __init__(
        self,
        packets: PacketFormat,
        address: str,
        port: int,
        silence: float,
        clock: Callable[[], float] = time.monotonic,
        phone: str = "",
    ) -> None:
        self._packets, self._silence, self._clock = packets, silence, clock
        self.counts: Counter[str] = Counter()
        self.requests: Counter[str] = Counter()
        self.last_error = ""
        self.sender = ""
        self._heard = self._asked = -float("inf")
        self._phone = _address_of(phone, address) if phone else ""
        self._reader = packets.reader()
        port = port or packets.port
        try:
            self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            try:
                self._socket.bind((address, port))
            except OSError:
                self._socket.close()
                raise
        except (OSError, OverflowError) as error:
            raise ReceiverError(
                f"cannot listen at {address}:{port}: {error}; expected an address of this "
                "machine, and a port that no other program has"
            ) from error
        self._socket.setblocking(False)

    @property
    def port(self) -> int:
        """Port that is listened at."""
        return int(self._socket.getsockname()[1])

    @property
    def is_silent(self) -> bool:
        """True while no face has come for the time of silence."""
        return self._clock() - self._heard > self._silence

    def newest(self) -> Array | None:
        """Return the shapes (55,) of the newest face since the last call; None without one.

        At most 64 packets are taken; further ones wait in the socket, which drops what is too
        much.
        """
        self._ask()
        newest = None
        for _ in range(_MOST_AT_ONCE):
            try:
                packet, (sender, _) = self._socket.recvfrom(_LARGEST)
            except BlockingIOError:
                break
            except OSError:
                self.counts["receptions failed"] += 1
                break
            shapes = self._read(packet, sender)
            if shapes is not None:
                newest = shapes
        return newest

    def _ask(self) -> None:
        """Send the phone a request, if it must be asked and is silent."""
        now = self._clock()
        request = self._packets.request if self._phone else b""
        if not request or not self.is_silent or now - self._asked < _REQUEST_PERIOD:
            return
        self._asked = now
        try:
            self._socket.sendto(request, (self._phone, self._packets.port))
            self.requests["requests sent"] += 1
        except OSError:
            # The network may come.
            self.requests["requests failed"] += 1

    def _read(self, packet: bytes, sender: str) -> Array | None:
        if sender != self.sender:
            if sender != (self._phone or sender) or (self.sender and not self.is_silent):
                self.counts["packets of strangers"] += 1
                return None
            self._reader = self._packets.reader()
            self.sender = sender
        try:
            shapes = self._reader.read(packet)
        except PacketError as error:
            self.counts["malformed packets"] += 1
            self.last_error = f"{sender}: {error}"
            return None
        if shapes is None:
            self.counts["packets without a face"] += 1
        else:
            self._heard = self._clock()
        return shapes

    def close(self) -> None:
        """Stop listening."""
        self._socket.close()


def _address_of(phone: str, address: str) -> str:
    """Return the address of a phone that can reach an address of this machine.

    Raises:
        ReceiverError: There is no such phone, or it cannot reach the address.
    """
    try:
        found = socket.gethostbyname(phone)
    except (OSError, UnicodeError) as error:
        raise ReceiverError(
            f"phone: expected an address such as 192.168.1.7, got {phone!r}: {error}"
        ) from error
    if address.startswith("127.") and not found.startswith("127."):
        raise ReceiverError(
            f"phone: {phone} cannot reach {address}; set address to that of this machine in the "
            "phone's network, or to 0.0.0.0"
        )
    return found
