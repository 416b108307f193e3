# SPDX-License-Identifier: Apache-2.0
"""Understands messages by the definitions that their bag embeds, ours of any version."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import zstandard
from rosbags.serde import SerdeError
from rosbags.typesys import (
    Stores,
    TypesysError,
    get_types_from_idl,
    get_types_from_msg,
    get_typestore,
)

from x2c_evaluation.definitions import definition
from x2c_evaluation.errors import BagError
from x2c_evaluation.sources.files import ZSTD_MAGIC
from x2c_evaluation.sources.issues import Issues
from x2c_evaluation.sources.storage import BagTopic
from x2c_face.frames import ControlState, FaceState

_OURS: dict[str, dict[str, Any]] = {
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

_NEEDED = {
    "x2c_msgs/msg/ControlValues": ("header", "values"),
    "x2c_msgs/msg/FaceLandmarks": ("header", "landmarks"),
}
"""Fields without which a message of ours says nothing."""

_BROKEN = (
    *(SerdeError, TypesysError, AssertionError, KeyError, ValueError, IndexError),
    *(TypeError, struct.error, UnicodeDecodeError, MemoryError, OverflowError),
)

_STANDARD = (Stores.ROS2_KILTED, Stores.ROS2_HUMBLE)
"""Where types are looked up that a bag does not embed: bags of Humble embed none."""


class MessageTypes:
    """The message types of one bag.

    Args:
        topics: Of the bag.
        issues: Takes what is said once of a topic.
    """

    def __init__(self, topics: Mapping[str, BagTopic], issues: Issues) -> None:
        self._topics = topics
        self._issues = issues
        self._stores: dict[str, Any] = {}
        self._defaults: dict[str, dict[str, Any] | None] = {}

    def decode(self, topic: str, data: bytes) -> Any:
        """Return a message with the fields that its type had when it was recorded.

        A message of ours of another version gets the fields that it lacks.

        Raises:
            BagError: The message is not of the type that the bag says, or the type is unknown.
        """
        one = self._topics[topic]
        if one.serialization not in ("cdr", ""):
            raise BagError(f"{topic}: messages in the form {one.serialization!r}, expected 'cdr'")
        if data[:4] == ZSTD_MAGIC:
            try:
                data = zstandard.ZstdDecompressor().decompressobj().decompress(data)
            except zstandard.ZstdError as error:
                raise BagError(f"{topic}: a message cannot be unpacked ({error})") from error
        store = self._store(topic)
        missing = self._missing(topic, store)
        try:
            message = store.deserialize_cdr(data, one.message_type)
        except _BROKEN as error:
            raise BagError(f"{topic}: a message is no {one.message_type} ({error})") from error
        if missing:
            return SimpleNamespace(**vars(message), **missing)
        return message

    def _store(self, topic: str) -> Any:
        # Another topic's definition of the same type can be another one.
        if topic not in self._stores:
            one = self._topics[topic]
            try:
                self._stores[topic] = _typestore(one)
            except _BROKEN as error:
                raise BagError(
                    f"{topic}: the bag's definition of {one.message_type} cannot be understood "
                    f"({error})"
                ) from error
        return self._stores[topic]

    def _missing(self, topic: str, store: Any) -> dict[str, Any] | None:
        """Return the fields that a message of ours lacks; None where it is as it should be."""
        if topic in self._defaults:
            lacks = self._defaults[topic]
        else:
            lacks = self._defaults[topic] = self._compare(topic, store)
        if lacks is not None and "" in lacks:
            raise BagError(lacks[""])
        return lacks

    def _compare(self, topic: str, store: Any) -> dict[str, Any] | None:
        kind = self._topics[topic].message_type
        if kind not in _OURS:
            return None
        recorded = [name for name, _ in store.fielddefs[kind][1]]
        if recorded == _fields(kind):
            return None
        another = f"{topic} holds another version of {kind}"
        needed = [name for name in _NEEDED[kind] if name not in recorded]
        if needed:
            return {"": f"{another}, without {', '.join(needed)}: it cannot be used"}
        lacks = {name: value for name, value in _OURS[kind].items() if name not in recorded}
        said = [f"{name} is taken to be {value}" for name, value in lacks.items()]
        self._issues.once(f"{another}: {', '.join(said) or 'it has what is needed'}", loss=False)
        return lacks or None


def _fields(message_type: str) -> list[str]:
    """Return the names of the fields that a type of ours has now."""
    parsed = get_types_from_msg(definition(message_type).text, message_type)
    return [name for name, _ in parsed[message_type][1]]


def _typestore(topic: BagTopic) -> Any:
    kind = topic.message_type
    if topic.definition:
        parse = get_types_from_idl if topic.form == "ros2idl" else get_types_from_msg
        types = (
            parse(topic.definition)
            if parse is get_types_from_idl
            else get_types_from_msg(topic.definition, kind)
        )
        store = get_typestore(Stores.EMPTY)
        store.register(types)
        return store
    for known in _STANDARD:
        store = get_typestore(known)
        if kind in store.fielddefs:
            return store
    # Not embedded and of no distribution: ours, or another installed one.
    store = get_typestore(Stores.EMPTY)
    store.register(get_types_from_msg(definition(kind).text, kind))
    return store
