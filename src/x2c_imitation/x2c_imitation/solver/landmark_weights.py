# SPDX-License-Identifier: Apache-2.0
"""Weights of landmarks, and of relations between landmarks, in the explanation of a face."""

from __future__ import annotations

import numpy as np

from x2c_core.arrays import Array
from x2c_core.face import topology
from x2c_core.face.descriptors import Relation

IRISES = {"LEFT": topology.IRIS_LEFT, "RIGHT": topology.IRIS_RIGHT}

_SKIN = 0.25
_LIDS = 2.0
_BROWS = 1.5
_LIPS = 1.0
_IRIS = 3.0
_DEPTH = 0.3
"""Weight of motion along x against motion in the image: the tracker guesses depth."""

_RELATIONS = {
    "EYE_OPENNESS": 20.0,
    "BROW_INNER_HEIGHT": 12.0,
    "BROW_OUTER_HEIGHT": 12.0,
    "MOUTH_OPENING": 4.0,
    "MOUTH_WIDTH": 4.0,
    "CORNER_HEIGHT": 6.0,
    "UPPER_LIP_RAISE": 10.0,
    "LOWER_LIP_DEPRESS": 5.0,
    "IRIS_SIDEWAYS": 10.0,
    "IRIS_HEIGHT": 10.0,
}


def _landmarks() -> Array:
    weights = np.full((topology.COUNT, 3), _SKIN)
    for side in ("LEFT", "RIGHT"):
        for edge in ("UPPER", "LOWER"):
            weights[getattr(topology, f"EYE_{side}_{edge}")] = _LIDS
            weights[getattr(topology, f"BROW_{side}_{edge}")] = _BROWS
    for lip in ("UPPER_OUTER", "UPPER_INNER", "LOWER_INNER", "LOWER_OUTER"):
        weights[getattr(topology, f"LIP_{lip}")] = _LIPS
    weights[topology.SKIN_COUNT :] = _IRIS
    weights[:, 0] *= _DEPTH
    weights.setflags(write=False)
    return weights


def _relations() -> Array:
    names = [relation.name.removesuffix("_LEFT").removesuffix("_RIGHT") for relation in Relation]
    weights = np.array([_RELATIONS[name] for name in names])
    weights.setflags(write=False)
    return weights


LANDMARKS: Array = _landmarks()
"""(478, 3) weights of the landmarks' motion along x, y and z of the head frame."""

RELATIONS: Array = _relations()
"""(16,) weights of the relations."""
