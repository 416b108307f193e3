# SPDX-License-Identifier: Apache-2.0
"""Understand messages by the definitions that their bag embeds, ours of any version.

Each channel is decoded by its own definition. What a channel holds is known before its first
message: a channel that cannot be understood is passed over as a whole, and why is an issue.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from x2c_bags.errors import BagError
from x2c_bags.reading.files import ZSTD_MAGIC
from x2c_bags.reading.storage import Channel, RawMessage
from x2c_bags.reading.unpacking import UNPACKING_ERRORS, unpack_zstd
from x2c_bags.schema import type_store
from x2c_bags.schema.topics import TOPICS
from x2c_bags.schema.type_fit import contradiction, difference
from x2c_core.face.frames import ControlState, FaceState
from x2c_core.files.input_limits import RECORD_BYTES
from x2c_core.files.issues import Issues

IMAGE = "sensor_msgs/msg/Image"

USED = {IMAGE, *(topic.message_type for topic in TOPICS)}
"""Types that are read of bags."""

_DEFAULTS: dict[str, dict[str, Any]] = {
    "x2c_msgs/msg/ControlValues": {
        "confidence": 1.0,
        "state": int(ControlState.TRACKING),
        "track_id": 0,
    },
    "x2c_msgs/msg/FaceLandmarks": {
        "image_width": 0,
        "image_height": 0,
        "confidence": 1.0,
        "state": int(FaceState.TRACKING),
        "track_id": 0,
    },
}
"""Our messages: what a field is taken to be where another version has none."""

_OPTIONAL = {
    **_DEFAULTS,
    "x2c_msgs/msg/FaceLandmarks": {**_DEFAULTS["x2c_msgs/msg/FaceLandmarks"], "head": None},
}
"""Fields without which a message still says what is needed of it."""


@dataclass(frozen=True)
class _Decoder:
    """Decoder of a channel.

    Attributes:
        store: rosbags' type store.
        missing: Values of fields that our messages have and these lack.
        refused: Reason why nothing can be decoded; empty if it can.
    """

    store: Any = None
    missing: dict[str, Any] | None = None
    refused: str = ""


class MessageTypes:
    """The message types of one bag.

    Args:
        channels: Channels of the bag.
        issues: Takes what is assumed of a channel.
    """

    def __init__(self, channels: Iterable[Channel], issues: Issues) -> None:
        self._issues = issues
        self._decoders: dict[Channel, _Decoder] = {}
        self._embedded: dict[str, set[tuple[str, str]]] = {}
        for one in channels:
            for text in one.definitions:
                self._embedded.setdefault(one.message_type, set()).add((one.form, text))

    def refused(self, channel: Channel) -> str:
        """Return why the messages of a channel cannot be decoded; empty where they can."""
        return self._decoder(channel).refused

    def decode(self, raw: RawMessage) -> Any:
        """Return a message with the fields that its type had when it was recorded.

        A message of ours of another version gets the fields that it lacks.

        Raises:
            BagError: The message is not of the type that the bag says, or the type is unknown.
        """
        channel, data = raw.channel, raw.data
        decoder = self._decoder(channel)
        kind = channel.message_type
        if decoder.refused:
            raise BagError(f"{channel.topic}: {decoder.refused}")
        if data[:4] == ZSTD_MAGIC:
            try:
                data = unpack_zstd(data, RECORD_BYTES, "it unpacks to")
            except UNPACKING_ERRORS as error:
                text = f"{channel.topic}: a message cannot be unpacked ({error})"
                raise BagError(text) from error
        try:
            message = decoder.store.deserialize_cdr(data, kind)
        except type_store.BROKEN as error:
            raise BagError(f"{channel.topic}: a message is no {kind} ({error})") from error
        if decoder.missing:
            return SimpleNamespace(**vars(message), **decoder.missing)
        return message

    def _decoder(self, channel: Channel) -> _Decoder:
        found = self._decoders.get(channel)
        if found is None:
            try:
                found = self._made(channel)
            except BagError as error:
                found = _Decoder(refused=f"{channel.message_type} cannot be read: {error}")
            self._decoders[channel] = found
        return found

    def _made(self, channel: Channel) -> _Decoder:
        kind = channel.message_type
        if channel.serialization not in ("cdr", ""):
            raise BagError(f"messages in the form {channel.serialization!r}, expected 'cdr'")
        store = self._store(channel)
        if not type_store.has_hash(store, kind, channel.type_hash):
            raise BagError(
                "the bag's definition is not that of the publisher, which gave the hash "
                f"{channel.type_hash}: record it where the publisher's messages are installed"
            )
        if kind not in USED:
            return _Decoder(store)
        expected = type_store.known(kind)
        optional = _OPTIONAL.get(kind, {})
        if differs := difference(store.fielddefs, expected.fielddefs, kind, optional):
            raise BagError(f"in this bag {differs}")
        return _Decoder(store, self._missing(channel, store))

    def _store(self, channel: Channel) -> Any:
        kind = channel.message_type
        if not kind:
            raise BagError("the bag does not say of which type it is")
        if len(channel.definitions) > 1:
            stores = [type_store.compiled(kind, channel.form, one) for one in channel.definitions]
            for other in stores[1:]:
                if differs := contradiction(stores[0].fielddefs, other.fielddefs):
                    raise BagError(f"the bag defines it in {len(stores)} ways: {differs}")
            return stores[0]
        if channel.definitions:
            return type_store.compiled(kind, channel.form, *channel.definitions)
        return self._of_others(channel)

    def _of_others(self, channel: Channel) -> Any:
        """Return the type store of a channel that has no definition of its own."""
        kind = channel.message_type
        embedded = self._embedded.get(kind, set())
        if channel.type_hash:
            for form, text in embedded:
                store = type_store.compiled(kind, form, text)
                if type_store.has_hash(store, kind, channel.type_hash):
                    return store
            return type_store.known(kind, channel.type_hash)
        if len(embedded) > 1:
            raise BagError(
                f"it comes without a definition, and the bag has {len(embedded)} of this type"
            )
        for form, text in embedded:
            return type_store.compiled(kind, form, text)
        return type_store.known(kind)

    def _missing(self, channel: Channel, store: Any) -> dict[str, Any] | None:
        """Return the fields that a message of ours lacks; None if none is lacking."""
        kind = channel.message_type
        if kind not in _DEFAULTS:
            return None
        recorded = [name for name, _ in store.fielddefs[kind][1]]
        if recorded == [name for name, _ in type_store.known(kind).fielddefs[kind][1]]:
            return None
        lacks = {name: one for name, one in _DEFAULTS[kind].items() if name not in recorded}
        said = [f"{name} is taken to be {value}" for name, value in lacks.items()]
        self._issues.once(
            f"{channel.topic} holds another version of {kind}: "
            f"{', '.join(said) or 'it has what is needed'}",
            loss=False,
        )
        return lacks or None
