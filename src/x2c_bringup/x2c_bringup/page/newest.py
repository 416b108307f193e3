# SPDX-License-Identifier: Apache-2.0
"""The newest of everything that the page shows; older news is dropped, never queued."""

from __future__ import annotations

import json
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Blob:
    """Bytes with what belongs to them.

    Attributes:
        data: The bytes, such as a JPEG image.
        about: Entries that belong to them, as JSON can hold them.
    """

    data: bytes
    about: Mapping[str, Any]


Part = Blob | Any
"""Content of a part: bytes, or what JSON can hold."""


class Newest:
    """Named parts, each with a number that grows with its changes; for use from any thread.

    Args:
        changed: Called after each change, in the thread that made it.
    """

    def __init__(self, changed: Callable[[], None] = lambda: None) -> None:
        self._lock = threading.Lock()
        self._parts: dict[str, tuple[int, Part]] = {}
        self._number = 0
        self.changed = changed

    def put(self, name: str, part: Part) -> None:
        """Replace a part; an equal one is no news."""
        with self._lock:
            known = self._parts.get(name)
            if known is not None and not isinstance(part, Blob) and known[1] == part:
                return
            self._number += 1
            self._parts[name] = (self._number, part)
        self.changed()

    def get(self, name: str) -> Part:
        """Return a part; None if there is none."""
        with self._lock:
            return self._parts.get(name, (0, None))[1]

    def since(self, number: int) -> tuple[int, dict[str, Part]]:
        """Return the number of the last change, and the parts that changed after another.

        Args:
            number: Number of the last change that is known; 0 for none.
        """
        with self._lock:
            news = {name: part for name, (when, part) in self._parts.items() if when > number}
            return self._number, news


def encode(parts: Mapping[str, Part]) -> bytes:
    """Return parts as one message: length of the JSON, the JSON, and the bytes of all blobs.

    Args:
        parts: Parts by name.

    Raises:
        ValueError: A part holds a number that JSON does not have, such as NaN.
    """
    blobs = {name: part for name, part in parts.items() if isinstance(part, Blob)}
    head = json.dumps(
        {
            "parts": {
                name: dict(part.about) if isinstance(part, Blob) else part
                for name, part in parts.items()
            },
            "blobs": [[name, len(blob.data)] for name, blob in blobs.items()],
        },
        allow_nan=False,
        separators=(",", ":"),
    ).encode()
    return struct.pack("<I", len(head)) + head + b"".join(one.data for one in blobs.values())
