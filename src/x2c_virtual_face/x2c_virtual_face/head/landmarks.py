# SPDX-License-Identifier: Apache-2.0
"""Positions of the landmarks, by construction: vertices of the skin and points on the eyes."""

from __future__ import annotations

import mujoco
import numpy as np

from x2c_core.arrays import Array, Indices
from x2c_core.face import topology
from x2c_virtual_face.head import eyes
from x2c_virtual_face.head.rig import BONES, HEAD_BODY, METRES


class LandmarkSkin:
    """Move the landmarks as MuJoCo moves the skin: by the bodies' motions, in given shares."""

    def __init__(self, model: mujoco.MjModel, skin_weights: Array) -> None:
        """Take the landmarks at rest from the model.

        Args:
            model: Model with the skin "face", whose first vertices are the landmarks.
            skin_weights: (468, bodies) shares of the bodies, each row adding up to 1.
        """
        self._head = model.body(HEAD_BODY).id
        self._places = np.zeros((model.nbody, 3))
        for bone in BONES:
            self._places[model.body(bone.name).id] = bone.position
        start = model.skin_vertadr[model.skin("face").id]
        rest = [model.skin_vert[start : start + len(skin_weights)] / METRES]
        weights = [skin_weights]
        for side, ids in (("right", topology.IRIS_RIGHT), ("left", topology.IRIS_LEFT)):
            rest.append(_iris_at_rest(side, ids))
            on_eye = np.zeros((len(ids), model.nbody))
            on_eye[:, model.body(f"eye_{side}").id] = 1.0
            weights.append(on_eye)
        self._weights = np.concatenate(weights)
        # A fourth coordinate of 1 lets one (3, 4) matrix turn and shift.
        self._rest = np.column_stack([np.concatenate(rest), np.ones(topology.COUNT)])

    def in_head(self, data: mujoco.MjData) -> Array:
        """Return the landmarks (478, 3) [interocular distances] in the head's own frame."""
        # einsum and no matrix product: BLAS rounds by where in memory its arrays happen to lie.
        turn = data.xmat.reshape(-1, 3, 3)
        base = turn[self._head]
        turn_in_head = np.einsum("ji,bjk->bik", base, turn)
        from_head = (data.xpos - data.xpos[self._head]) / METRES
        position = np.einsum("ji,bj->bi", base, from_head) + self._places[self._head]
        shift = position - np.einsum("bij,bj->bi", turn_in_head, self._places)
        motion = np.einsum("vb,bij->vij", self._weights, np.dstack([turn_in_head, shift]))
        return np.asarray(np.einsum("vij,vj->vi", motion, self._rest))


def _iris_at_rest(side: str, ids: Indices) -> Array:
    """Return centre and four rim points (5, 3) of an iris on its eyeball."""
    flat = (topology.REFERENCE[ids] - topology.REFERENCE[ids[0]])[:, 1:]
    norm = np.linalg.norm(flat, axis=1, keepdims=True)
    rim = eyes.IRIS_RADIUS * flat / np.maximum(norm, 1e-9)
    depth = np.sqrt(eyes.RADIUS**2 - (rim**2).sum(axis=1))
    ahead = np.column_stack([depth, rim])
    return np.asarray(eyes.centre(side) + np.einsum("ij,nj->ni", eyes.inwards(side), ahead))
