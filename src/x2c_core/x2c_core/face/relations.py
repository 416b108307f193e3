# SPDX-License-Identifier: Apache-2.0
"""Relations between landmarks that people read in a face: openings, heights, widths, gaze.

Each is linear in the landmarks of a face in the head frame, so it can be measured on a face
(`relate`) and can be asked for in a least-squares problem (`MATRIX`).
"""

from __future__ import annotations

import enum
from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike

from x2c_core.arrays import Array
from x2c_core.face import topology
from x2c_core.face.head_pose import check_landmarks


class Relation(enum.IntEnum):
    """Measured quantities, in the order of `MATRIX`'s rows; lengths are positive up or out."""

    EYE_OPENNESS_LEFT = 0
    EYE_OPENNESS_RIGHT = 1
    BROW_INNER_HEIGHT_LEFT = 2
    BROW_INNER_HEIGHT_RIGHT = 3
    BROW_OUTER_HEIGHT_LEFT = 4
    BROW_OUTER_HEIGHT_RIGHT = 5
    MOUTH_OPENING = 6
    MOUTH_WIDTH = 7
    CORNER_HEIGHT_LEFT = 8
    CORNER_HEIGHT_RIGHT = 9
    UPPER_LIP_RAISE = 10
    LOWER_LIP_DEPRESS = 11
    IRIS_SIDEWAYS_LEFT = 12
    IRIS_SIDEWAYS_RIGHT = 13
    IRIS_HEIGHT_LEFT = 14
    IRIS_HEIGHT_RIGHT = 15


_Y, _Z = 1, 2
_SUBNASALE = (2,)

# The skin under the lower lid, over bone. With the eyes' corners it tells better than these alone
# how high the iris is: what the tracker adds where brows rise or the mouth opens, they share.
_UNDER_EYE = {"LEFT": (449, 450), "RIGHT": (229, 230)}


def relate(face: ArrayLike) -> Array:
    """Return all relations (16,) of a face [interocular distances].

    Args:
        face: (478, 3) landmarks in the head frame [interocular distances].

    Raises:
        LandmarkError: The landmarks are not (478, 3) finite numbers.
    """
    return np.asarray(MATRIX @ check_landmarks(face).ravel())


def _row(plus: Iterable[int], minus: Iterable[int], axis: int) -> Array:
    """Return the mean of some landmarks less the mean of others, along an axis, as a row."""
    row = np.zeros((topology.COUNT, 3))
    for sign, indices in ((1.0, list(plus)), (-1.0, list(minus))):
        row[indices, axis] += sign / len(indices)
    return row.ravel()


def _rows_of_eye(side: str) -> dict[str, Array]:
    upper = getattr(topology, f"EYE_{side}_UPPER")
    lower = getattr(topology, f"EYE_{side}_LOWER")
    brow = [getattr(topology, f"BROW_{side}_{edge}") for edge in ("UPPER", "LOWER")]
    iris = (getattr(topology, f"IRIS_{side}")[0],)
    corners = (upper[0], upper[-1])
    return {
        f"EYE_OPENNESS_{side}": _row(upper[3:6], lower[3:6], _Z),
        f"BROW_INNER_HEIGHT_{side}": _row(np.concatenate([e[:2] for e in brow]), corners, _Z),
        f"BROW_OUTER_HEIGHT_{side}": _row(np.concatenate([e[3:] for e in brow]), corners, _Z),
        f"IRIS_SIDEWAYS_{side}": _row(iris, corners, _Y),
        f"IRIS_HEIGHT_{side}": _row(iris, (*corners, *_UNDER_EYE[side]), _Z),
    }


def _matrix() -> Array:
    rows = {
        **_rows_of_eye("LEFT"),
        **_rows_of_eye("RIGHT"),
        "MOUTH_OPENING": _row((82, 13, 312), (87, 14, 317), _Z),
        "MOUTH_WIDTH": _row((291,), (61,), _Y),
        "CORNER_HEIGHT_LEFT": _row((291,), _SUBNASALE, _Z),
        "CORNER_HEIGHT_RIGHT": _row((61,), _SUBNASALE, _Z),
        "UPPER_LIP_RAISE": _row((0, 37, 267), _SUBNASALE, _Z),
        "LOWER_LIP_DEPRESS": _row(_SUBNASALE, (17, 84, 314), _Z),
    }
    matrix = np.array([rows[relation.name] for relation in Relation])
    matrix.setflags(write=False)
    return matrix


MATRIX: Array = _matrix()
"""(16, 1434) a face's flattened landmarks times this are its relations."""
