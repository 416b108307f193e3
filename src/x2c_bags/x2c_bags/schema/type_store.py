# SPDX-License-Identifier: Apache-2.0
"""Decoders compiled from definitions of message types, one for each definition."""

from __future__ import annotations

import functools
import re
import struct
from collections.abc import Mapping, Sequence
from typing import Any

from rosbags.interfaces import Nodetype
from rosbags.serde import SerdeError
from rosbags.typesys import (
    Stores,
    TypesysError,
    get_types_from_idl,
    get_types_from_msg,
    get_typestore,
)

from x2c_bags.errors import BagError
from x2c_bags.schema.definitions import definition
from x2c_bags.schema.type_fit import contradiction
from x2c_core.files.input_limits import DEFINITION_FIELDS, YAML_BYTES, LimitError

BROKEN = (
    *(SerdeError, TypesysError, AssertionError, KeyError, ValueError, IndexError),
    *(TypeError, struct.error, UnicodeDecodeError, MemoryError, OverflowError),
    *(AttributeError, SyntaxError, RecursionError),
)
"""Exceptions of rosbags at a broken definition or message."""

_STANDARD = (Stores.ROS2_KILTED, Stores.ROS2_HUMBLE)
"""Source of types that a bag does not embed: bags of Humble embed none."""

_OF_TRANSPORTS = {
    "ffmpeg_image_transport_msgs/msg/FFMPEGPacket": (
        "std_msgs/Header header\nint32 width\nint32 height\nstring encoding\nuint64 pts\n"
        "uint8 flags\nbool is_bigendian\nuint8[] data\n"
    ),
    "foxglove_msgs/msg/CompressedVideo": (
        "builtin_interfaces/Time timestamp\nstring frame_id\nuint8[] data\nstring format\n"
    ),
}
"""Fields of packets of a video, which bags of Humble do not embed either."""

_SEPARATOR = re.compile(r"^={80}\n", re.MULTILINE)
_DIRECTIVE = re.compile(r"^[ \t]*#.*$", re.MULTILINE)
_PARSERS = {"ros2msg": get_types_from_msg, "ros2idl": lambda text, _: get_types_from_idl(text)}


@functools.lru_cache(maxsize=256)
def compiled(message_type: str, form: str, text: str) -> Any:
    """Return rosbags' type store with nothing but an embedded definition.

    Args:
        message_type: For example "sensor_msgs/msg/Image".
        form: Form of the text, "ros2msg" or "ros2idl".
        text: The definition, followed by those of all types it is made of.

    Raises:
        BagError: It cannot be understood, is incomplete or contradicts itself.
    """
    if form not in _PARSERS:
        raise BagError(
            f"its definition is written as {form!r}, expected one of {', '.join(_PARSERS)}"
        )
    try:
        _check_size(text)
        types = _parsed(message_type, form, text)
        if message_type not in types:
            raise BagError(f"the definition is one of {', '.join(types) or 'nothing'}")
        _check_fields(types)
        store = get_typestore(Stores.EMPTY)
        store.register(types)
        # Types that are missing are noticed here rather than at each message.
        store.get_msgdef(message_type)
        return store
    except LimitError as error:
        raise BagError(str(error)) from error
    except KeyError as error:
        raise BagError(f"its definition lacks that of {error.args[0]}") from error
    except BROKEN as error:
        raise BagError(f"its definition cannot be understood ({error})") from error


@functools.lru_cache(maxsize=256)
def known(message_type: str, type_hash: str = "") -> Any:
    """Return rosbags' type store with a type that a bag does not embed.

    Args:
        message_type: For example "sensor_msgs/msg/Image".
        type_hash: Hash that the type has; empty where it is unknown.

    Raises:
        BagError: No type with this name and hash is known.
    """
    stores = []
    for name in _STANDARD:
        store = get_typestore(name)
        if message_type in store.fielddefs:
            stores.append(store)
    if message_type in _OF_TRANSPORTS:
        store = get_typestore(_STANDARD[0])
        store.register(get_types_from_msg(_OF_TRANSPORTS[message_type], message_type))
        stores.append(store)
    try:
        # Ours, or another installed one.
        installed = compiled(message_type, "ros2msg", definition(message_type).text)
    except BagError as error:
        if not stores:
            raise BagError(f"the bag has no definition of it, and {error}") from error
    else:
        stores.append(installed)
    for store in stores:
        if not type_hash or store.hash_rihs01(message_type) == type_hash:
            return store
    raise BagError(
        f"the bag has no definition of it, and no known one has the hash {type_hash} of its "
        "publisher"
    )


def has_hash(store: Any, message_type: str, type_hash: str) -> bool:
    """Return whether a type has a hash (REP-2016); True where that cannot be said.

    Args:
        store: Type store with the type.
        message_type: For example "sensor_msgs/msg/Image".
        type_hash: Hash that its publisher gave; empty where there is none.
    """
    # For rosbags a char is another type than for ROS 2, which takes it for a uint8.
    if not type_hash or "'char'" in repr(store.fielddefs):
        return True
    return bool(store.hash_rihs01(message_type) == type_hash)


def _check_size(text: str) -> None:
    """Refuse a definition that would take minutes to parse."""
    YAML_BYTES.check(len(text), "its definition has")
    lines = sum(1 for line in text.splitlines() if line.strip() and line.lstrip()[0] != "#")
    DEFINITION_FIELDS.check(lines, "its definition has")


def _check_fields(types: Mapping[str, Any]) -> None:
    """Refuse a definition that would take minutes to compile: fixed arrays are written out."""
    count = 0
    for _, fields in types.values():
        for _, (kind, detail) in fields:
            count += detail[1] if kind == Nodetype.ARRAY and _is_written_out(detail[0]) else 1
    DEFINITION_FIELDS.check(count, "its definition has")


def _is_written_out(element: Any) -> bool:
    kind, detail = element
    return bool(kind == Nodetype.NAME or detail[0] in ("string", "wstring"))


def _parsed(message_type: str, form: str, text: str) -> dict[str, Any]:
    """Return the types of a definition; a type that is there twice is the same twice."""
    text = text.replace("\r\n", "\n")
    sections: Sequence[str] = [text]
    if form == "ros2idl":
        sections = [_bare_idl(one) for one in _SEPARATOR.split(text) if one.strip()]
    types: dict[str, Any] = {}
    for section in sections:
        for name, one in _types_of(message_type, form, section):
            if differs := contradiction({name: one}, types):
                raise BagError(f"its definition contradicts itself: {differs}")
            types[name] = one
    return types


def _types_of(message_type: str, form: str, text: str) -> list[tuple[str, Any]]:
    if form == "ros2idl":
        return list(get_types_from_idl(text).items())
    # Parsed one by one, as rosbags keeps the last of two with one name.
    found = []
    for index, section in enumerate(_SEPARATOR.split(text)):
        name, body = message_type, section
        if index:
            title, _, body = section.partition("\n")
            name = _full_name(title.removeprefix("MSG:").strip())
        found += get_types_from_msg(body, name).items()
    return found


def _full_name(name: str) -> str:
    package, _, last = name.rpartition("/")
    return f"{package.removesuffix('/msg')}/msg/{last}"


def _bare_idl(section: str) -> str:
    title, _, rest = section.partition("\n")
    # rosbags knows no preprocessor; what is included stands in a section of its own.
    return _DIRECTIVE.sub("", rest if title.startswith("IDL:") else section)
