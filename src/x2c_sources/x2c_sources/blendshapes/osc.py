# SPDX-License-Identifier: Apache-2.0
"""The part of Open Sound Control 1.0 that VMC uses: texts, whole numbers and floats.

python-osc 1.10.2 is not used for what comes from a network: it did not return from a malformed
packet.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from x2c_sources.errors import PacketError

Argument = str | int | float

LONGEST = 16384
"""Size of the largest packet that is read [bytes]; that of Ethernet is 1,500."""

_BUNDLE = b"#bundle\0"
_BUNDLE_HEAD = len(_BUNDLE) + 8
_DEEPEST = 4
_MOST_ARGUMENTS = 32
_IMMEDIATELY = struct.pack(">Q", 1)


@dataclass(frozen=True)
class OSCMessage:
    """One message.

    Attributes:
        address: Address, such as /VMC/Ext/OK.
        arguments: Texts and numbers.
    """

    address: str
    arguments: tuple[Argument, ...] = ()


def read_osc(packet: bytes) -> list[OSCMessage]:
    """Return the messages of a packet, in their order.

    Raises:
        PacketError: The packet is no OSC of texts and 32-bit numbers, or too large.
    """
    if len(packet) > LONGEST:
        raise PacketError(f"a packet of {len(packet)} bytes is longer than {LONGEST}")
    return list(_messages(packet, 0))


def _messages(packet: bytes, depth: int) -> Iterator[OSCMessage]:
    if not packet.startswith(_BUNDLE):
        yield _message(packet)
        return
    if depth == _DEEPEST or len(packet) < _BUNDLE_HEAD:
        raise PacketError("a bundle is too deep, or too short")
    at = _BUNDLE_HEAD
    while at < len(packet):
        if at + 4 > len(packet):
            raise PacketError("a bundle ends within the size of an element")
        (size,) = struct.unpack_from(">i", packet, at)
        at += 4
        if size <= 0 or size % 4 or at + size > len(packet):
            raise PacketError(f"an element of a bundle has an impossible size: {size}")
        yield from _messages(packet[at : at + size], depth + 1)
        at += size


def _message(packet: bytes) -> OSCMessage:
    address, at = _text(packet, 0)
    if not address.startswith("/"):
        raise PacketError(f"expected an address, got {address[:40]!r}")
    if at == len(packet):
        return OSCMessage(address)
    tags, at = _text(packet, at)
    if not tags.startswith(",") or len(tags) > 1 + _MOST_ARGUMENTS:
        raise PacketError(f"expected tags of types, got {tags[:40]!r}")
    arguments: list[Argument] = []
    for tag in tags[1:]:
        if tag == "s":
            text, at = _text(packet, at)
            arguments.append(text)
        elif tag in "if":
            if at + 4 > len(packet):
                raise PacketError("a message ends before its arguments")
            arguments.append(struct.unpack_from(f">{tag}", packet, at)[0])
            at += 4
        else:
            raise PacketError(f"expected texts and 32-bit numbers, got the type {tag!r}")
    return OSCMessage(address, tuple(arguments))


def _text(packet: bytes, at: int) -> tuple[str, int]:
    end = packet.find(b"\0", at)
    if end < 0:
        raise PacketError("a text has no end")
    try:
        text = packet[at:end].decode("utf-8")
    except UnicodeDecodeError as error:
        raise PacketError(f"a text is no UTF-8: {error.reason}") from error
    behind = end + 4 - end % 4
    if behind > len(packet):
        raise PacketError("a text is not padded")
    return text, behind


def osc_bundle(messages: Sequence[OSCMessage]) -> bytes:
    """Return a bundle of messages, to be taken at once."""
    parts = [_BUNDLE + _IMMEDIATELY]
    for message in messages:
        packed = _packed(message)
        parts += [struct.pack(">i", len(packed)), packed]
    return b"".join(parts)


def _packed(message: OSCMessage) -> bytes:
    tags, data = ",", b""
    for argument in message.arguments:
        if isinstance(argument, str):
            tags, data = tags + "s", data + _padded(argument)
        elif isinstance(argument, int):
            tags, data = tags + "i", data + struct.pack(">i", argument)
        else:
            tags, data = tags + "f", data + struct.pack(">f", argument)
    return _padded(message.address) + _padded(tags) + data


def _padded(text: str) -> bytes:
    encoded = text.encode("utf-8")
    return encoded + b"\0" * (4 - len(encoded) % 4)
