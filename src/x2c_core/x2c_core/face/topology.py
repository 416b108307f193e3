# SPDX-License-Identifier: Apache-2.0
"""Meaning of the 478 face landmarks, in the order of MediaPipe's Face Mesh with irises.

Left and right are the person's own. Paths run from the person's right to the left where they
cross the face, and from the inner to the outer corner around an eye.
"""

from __future__ import annotations

from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from x2c_core.arrays import Indices

COUNT = 478
SKIN_COUNT = 468


def _indices(*numbers: int) -> Indices:
    array = np.array(numbers, dtype=np.intp)
    array.setflags(write=False)
    return array


def _load(name: str) -> NDArray[Any]:
    path = resources.files("x2c_core") / "data" / "reference_face.npz"
    with path.open("rb") as file, np.load(file, allow_pickle=False) as data:
        array = np.asarray(data[name])
    array = array.astype(np.float64 if array.dtype.kind == "f" else np.intp)
    array.setflags(write=False)
    return array


TRIANGLES: Indices = _load("triangles")
"""(852, 3) skin triangles, counter-clockwise seen from outside; eyes and mouth are holes."""

MIRROR: Indices = _load("mirror")
"""(478,) the landmark at the mirrored position; its own for those in the middle."""

REFERENCE: NDArray[np.float64] = _load("landmarks")
"""(478, 3) a symmetric neutral face in the head frame [interocular distances].

The origin is between the eyes. Axes after REP-103: x forward out of the face, y to the face's own
left, z up. See data/README.md.
"""

IRIS_RIGHT = _indices(468, 469, 470, 471, 472)
IRIS_LEFT = _indices(473, 474, 475, 476, 477)
EYE_RIGHT_UPPER = _indices(133, 173, 157, 158, 159, 160, 161, 246, 33)
EYE_RIGHT_LOWER = _indices(133, 155, 154, 153, 145, 144, 163, 7, 33)
EYE_LEFT_UPPER = _indices(362, 398, 384, 385, 386, 387, 388, 466, 263)
EYE_LEFT_LOWER = _indices(362, 382, 381, 380, 374, 373, 390, 249, 263)
BROW_RIGHT_UPPER = _indices(107, 66, 105, 63, 70)
BROW_RIGHT_LOWER = _indices(55, 65, 52, 53, 46)
BROW_LEFT_UPPER = _indices(336, 296, 334, 293, 300)
BROW_LEFT_LOWER = _indices(285, 295, 282, 283, 276)
LIP_UPPER_OUTER = _indices(61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291)
LIP_UPPER_INNER = _indices(78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
LIP_LOWER_INNER = _indices(78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
LIP_LOWER_OUTER = _indices(61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291)
NOSE_BRIDGE = _indices(168, 6, 197, 195, 5, 4, 1)
OVAL = _indices(
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
    *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)
