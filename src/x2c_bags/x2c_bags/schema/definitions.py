# SPDX-License-Identifier: Apache-2.0
"""Texts and hashes of message types, as a bag embeds them, from the installed .msg files."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ament_index_python import PackageNotFoundError, get_package_share_directory
from rosbags.typesys import Stores, get_types_from_msg, get_typestore

from x2c_bags.errors import BagError
from x2c_core.files.entries import shown
from x2c_core.files.input_limits import YAML_BYTES
from x2c_core.files.regular_files import read_text

_TYPE = re.compile(r"[A-Za-z]\w*/msg/[A-Za-z]\w*", re.ASCII)
_SEPARATOR = "=" * 80


@dataclass(frozen=True)
class Definition:
    """A message type.

    Attributes:
        text: Its .msg file, followed by those of all types it is made of.
        hash: The type hash of ROS 2 (REP-2016), "RIHS01_...".
    """

    text: str
    hash: str


@functools.cache
def definition(message_type: str) -> Definition:
    """Return the definition of an installed message type, for example "std_msgs/msg/Header".

    Raises:
        BagError: The type is not installed.
    """
    texts = {message_type: _text(message_type)}
    store = get_typestore(Stores.EMPTY)
    pending = [message_type]
    while pending:
        name = pending.pop()
        types = get_types_from_msg(texts[name], name)
        store.register(types)
        for used in _used(types[name]):
            if used not in texts:
                texts[used] = _text(used)
                pending.append(used)
    parts = [texts.pop(message_type)]
    parts += [f"{_SEPARATOR}\nMSG: {name.replace('/msg/', '/')}\n{texts[name]}" for name in texts]
    return Definition("\n".join(parts), store.hash_rihs01(message_type))


def _text(message_type: str) -> str:
    # A bag names types too, and a name becomes a path.
    if not _TYPE.fullmatch(message_type):
        raise BagError(
            f"message type {shown(message_type)[1:-1]} is not installed: expected a name such as "
            "std_msgs/msg/Header"
        )
    package, _, name = message_type.partition("/msg/")
    try:
        path = Path(get_package_share_directory(package)) / "msg" / f"{name}.msg"
        return read_text(path, YAML_BYTES).rstrip() + "\n"
    except (PackageNotFoundError, OSError, ValueError) as error:
        raise BagError(f"message type {message_type} is not installed: {error}") from error


def _used(field_definitions: Any) -> Iterator[str]:
    """Yield every message type named in rosbags' description of a type's fields."""
    stack = [field_definitions[1]]
    while stack:
        one = stack.pop()
        if isinstance(one, str) and "/msg/" in one:
            yield one
        elif isinstance(one, tuple | list):
            stack.extend(one)
