# SPDX-License-Identifier: Apache-2.0
"""Images with the landmarks that were found in them, whichever comes first."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

_KEPT = 8
"""Number of faces that wait for their image."""

_PATIENCE = 15
"""Number of images without a face of their stamp after which none is waited for."""


class FramePairing:
    """Pair images and faces by their stamps; keeps no more than one image.

    An image whose face comes later is given back then, or when the next image comes.
    """

    def __init__(self) -> None:
        self._faces: OrderedDict[int, Any] = OrderedDict()
        self._waiting: tuple[int, bytes] | None = None
        self._alone = _PATIENCE

    def image(self, stamp: int, jpeg: bytes) -> list[tuple[bytes, Any]]:
        """Take an image; return those that can be shown, each with its face or None.

        Args:
            stamp: Stamp of the image [ns].
            jpeg: The image.
        """
        shown: list[tuple[bytes, Any]] = []
        if self._waiting is not None:
            shown.append((self._waiting[1], None))
            self._waiting = None
            self._alone = min(self._alone + 1, _PATIENCE)
        face = self._faces.pop(stamp, None)
        if face is not None:
            self._alone = 0
            return [(jpeg, face)]
        if self._alone >= _PATIENCE:
            return [*shown, (jpeg, None)]
        self._waiting = (stamp, jpeg)
        return shown

    def face(self, stamp: int, face: Any) -> list[tuple[bytes, Any]]:
        """Take a face; return the image that waited for it, if one did.

        Args:
            stamp: Stamp of the face's image [ns].
            face: The face, as it is to be given back.
        """
        self._alone = 0
        if self._waiting is not None and self._waiting[0] == stamp:
            _, jpeg = self._waiting
            self._waiting = None
            return [(jpeg, face)]
        self._faces[stamp] = face
        while len(self._faces) > _KEPT:
            self._faces.popitem(last=False)
        return []
