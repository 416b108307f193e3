# SPDX-License-Identifier: Apache-2.0
"""Replies of servos in a stream of bytes, whatever stands before, between and behind them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Reply:
    """A whole reply with the right checksum.

    Attributes:
        address: Id of the servo that sent it; -1 for a packet that is no reply.
        data: Content of the registers that it was asked for.
    """

    address: int
    data: bytes


class Framing(ABC):
    """Packets of a servo protocol.

    Attributes:
        around: Bytes of a reply around its data [byte].
    """

    around: ClassVar[int]

    @abstractmethod
    def length(self, data: bytes | bytearray) -> int:
        """Return the length of the packet that begins with some bytes [byte].

        Args:
            data: Received bytes, at least one.

        Returns:
            0 where no packet begins there. It may be more than the bytes that have come.
        """

    @abstractmethod
    def reply(self, packet: bytes) -> Reply | None:
        """Return the reply in a packet of the right length; None where its checksum is wrong."""


class ReplyCollector:
    """Find the replies to one question in bytes that come piece by piece.

    A reply counts only with the id, the length and the checksum that the question asks for. The
    echo of the question, as some half-duplex adapters send it back, is passed over.

    Attributes:
        replies: Data by id, of the servos that have replied.
        garbled: Runs of bytes that belong to no packet.
        late: Id, and length of the data [byte], of replies to other questions.

    Args:
        framing: Packets of the protocol.
        sizes: Size of the data that each servo was asked for, by id [byte].
        question: Packet that was sent.
    """

    def __init__(self, framing: Framing, sizes: Mapping[int, int], question: bytes = b"") -> None:
        self.replies: dict[int, bytes] = {}
        self.garbled = 0
        self.late: list[tuple[int, int]] = []
        self._framing, self._sizes, self._question = framing, sizes, question
        self._pending = bytearray()
        self._in_garbage = False

    def feed(self, piece: bytes) -> int:
        """Take bytes that have come.

        Returns:
            Number of bytes that have to come at least until all servos have replied.
        """
        self._pending += piece
        self._scan(ended=False)
        missing = sum(
            size + self._framing.around
            for address, size in self._sizes.items()
            if address not in self.replies
        )
        return max(missing - len(self._pending), 1) if missing else 0

    def end(self) -> None:
        """Take what has come as all that comes: a packet without its end is garbage."""
        self._scan(ended=True)

    def _scan(self, ended: bool) -> None:
        while self._pending:
            length = self._framing.length(self._pending)
            if length > len(self._pending) and not ended:
                return
            packet = bytes(self._pending[:length])
            reply = self._framing.reply(packet) if len(packet) == length > 0 else None
            if reply is None:
                self.garbled += not self._in_garbage
                self._in_garbage = True
                del self._pending[0]
                continue
            self._in_garbage = False
            del self._pending[:length]
            self._take(packet, reply)

    def _take(self, packet: bytes, reply: Reply) -> None:
        if packet == self._question or reply.address < 0:
            return
        if self._sizes.get(reply.address) == len(reply.data):
            self.replies.setdefault(reply.address, reply.data)
        else:
            self.late.append((reply.address, len(reply.data)))
