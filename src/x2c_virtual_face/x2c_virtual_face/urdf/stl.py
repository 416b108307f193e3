# SPDX-License-Identifier: Apache-2.0
"""Triangles as binary STL files."""

from __future__ import annotations

import numpy as np

from x2c_core.arrays import Array

_RECORD = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("unused", "<u2")])
_HEADER = 80


def to_stl(triangles: Array) -> bytes:
    """Return triangles (n, 3 corners, 3), counter-clockwise seen from outside, as a file."""
    records = np.zeros(len(triangles), _RECORD)
    records["corners"] = triangles
    across = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    length = np.linalg.norm(across, axis=1, keepdims=True)
    records["normal"] = across / np.maximum(length, 1e-12)
    return bytes(_HEADER) + np.uint32(len(triangles)).tobytes() + records.tobytes()


def from_stl(content: bytes) -> Array:
    """Return the triangles (n, 3 corners, 3) in a file that `to_stl` has made."""
    records = np.frombuffer(content, _RECORD, offset=_HEADER + 4)
    return records["corners"].astype(np.float64)
