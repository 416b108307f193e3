# SPDX-License-Identifier: Apache-2.0
"""How the head's mesh moves for each channel of the script.

Displacements are in the head frame (x forward, y to the own left, z up) in interocular distances.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from performer.head import Head
from performer.mesh import Floats, Indices
from performer.portrait import LID_FOLD, LID_UNDER
from x2c_core.easing import smoothstep
from x2c_core.face import topology as t

_EYES = {
    "left": (t.EYE_LEFT_UPPER, t.EYE_LEFT_LOWER, t.BROW_LEFT_UPPER, t.BROW_LEFT_LOWER),
    "right": (t.EYE_RIGHT_UPPER, t.EYE_RIGHT_LOWER, t.BROW_RIGHT_UPPER, t.BROW_RIGHT_LOWER),
}
# Where the lids meet, as a share of the way from the lower to the upper.
_MEETING = 0.15
_OPEN_WIDER = 0.16
_SQUINT = 0.12
_ROUND_WHEN_OPEN = 0.25


class Expressions:
    """Make the mesh of any expression from the channels' values."""

    def __init__(self, head: Head) -> None:
        """Prepare the displacement fields of a head."""
        self._head = head
        neutral = head.neutral
        self._upper_face = np.flatnonzero(neutral[:, 2] > -0.35)
        self._lower_face = np.flatnonzero(neutral[:, 2] < -0.25)
        self._lids = {side: self._lid(side) for side in _EYES}
        self._brow_up = {side: self._brow(side, up=True) for side in _EYES}
        self._brow_down = {side: self._brow(side, up=False) for side in _EYES}
        self._smile = head.smiling - neutral
        self._parting = self._lips_closed(neutral + self._smile)
        self._sad = self._lips_bent(down=0.15, inward=0.03)
        self._pucker = self._lips(width=0.64, height=1.35, forward=0.10)
        self._wide = self._lips(width=1.40, height=0.88, forward=-0.06)
        self._jaw = self._jaw_share()

    def __call__(self, channels: Mapping[str, float]) -> Floats:
        """Return the vertices (m, 3) in the head frame for channel values [1 or rad]."""
        smile = max(channels["smile"], 0.0)
        shape = self._head.neutral + smile * self._smile
        shape += self._parting * smile * (1.0 - _ramp(0.5, 1.0, smile))
        shape += self._sad * max(-channels["smile"], 0.0)
        width = channels["mouth_width"]
        # A dropped jaw draws the corners in.
        pucker = max(-width, 0.0) + _ROUND_WHEN_OPEN * channels["mouth_open"]
        shape += self._pucker * pucker + self._wide * max(width, 0.0)
        for side in _EYES:
            brow = channels[f"brow_raise_{side}"]
            shape += self._brow_up[side] * max(brow, 0.0) + self._brow_down[side] * max(-brow, 0.0)
        shape += self.jaw_motion(channels) * self._jaw[:, None]
        for side in _EYES:
            shape += self._lid_motion(side, shape, channels)
        return shape

    def jaw_motion(self, channels: Mapping[str, float]) -> Floats:
        """Return the displacement (3,) of the chin."""
        opened, sideways = channels["mouth_open"], channels["jaw_yaw"]
        return np.array([-0.10 * opened, 0.17 * sideways, -0.47 * opened])

    def _lid_motion(self, side: str, shape: Floats, channels: Mapping[str, float]) -> Floats:
        """Return displacements (m, 3) that bring one eye's lids where the channels want them."""
        upper, lower = _EYES[side][:2]
        closed = channels[f"eye_closed_{side}"]
        gap = shape[upper, 2] - shape[lower, 2]
        brow = channels[f"brow_raise_{side}"]
        surprise = _OPEN_WIDER * brow if brow > 0.0 else _SQUINT * brow
        # The lids follow the eye.
        follow = 0.9 * channels["gaze_pitch"] * (1.0 if channels["gaze_pitch"] > 0.0 else 1.5)
        opening = (1.0 + surprise + follow) * (1.0 - closed) - 0.06 * closed
        down = gap * (1.0 - opening) * (1.0 - _MEETING)
        up = gap * (1.0 - opening) * _MEETING * (opening < 1.0)
        from_upper, from_lower = self._lids[side]
        move = np.zeros_like(shape)
        move[:, 2] = from_lower @ up - from_upper @ down
        return move

    def _lid(self, side: str) -> tuple[Floats, Floats]:
        """Return how all vertices (m, 9) follow the points of each lid's edge."""
        upper, lower, _, brow_lower = _EYES[side]
        neutral, spread = self._head.neutral, self._head.spread
        near = (
            np.linalg.norm(neutral[:, 1:] - neutral[[*upper, *lower], 1:].mean(axis=0), axis=1)
            < 0.62
        )
        above = neutral[:, 2] > np.interp(
            np.abs(neutral[:, 1]), np.abs(neutral[brow_lower, 1]), neutral[brow_lower, 2] - 0.02
        )
        far = np.flatnonzero(~near | above)
        shares = []
        for edge, opposite, fold in ((upper, lower, LID_FOLD), (lower, upper, LID_UNDER)):
            stay = np.union1d(far, np.setdiff1d(opposite, edge[[0, -1]]))
            handles = {int(v): np.eye(len(edge))[i] for i, v in enumerate(edge)}
            handles |= {v: 0.88 * np.eye(len(edge))[i + 1] for i, v in enumerate(fold[side])}
            shares.append(spread(handles, np.setdiff1d(stay, list(handles))))
        return shares[0], shares[1]

    def _brow(self, side: str, *, up: bool) -> Floats:
        """Return the displacements (m, 3) of one brow fully raised or lowered."""
        upper_lid, lower_lid, brow_upper, brow_lower = _EYES[side]
        neutral = self._head.neutral
        inward = -1.0 if side == "left" else 1.0
        handles: dict[int, Floats] = {}
        for path in (brow_upper, brow_lower):
            for i, vertex in enumerate(path):
                outer = i / (len(path) - 1)
                if up:
                    arch = 0.165 + 0.03 * np.sin(np.pi * outer) - 0.05 * outer
                    handles[int(vertex)] = np.array([0.0, 0.0, arch])
                else:
                    pull = 1.0 - 0.75 * outer
                    handles[int(vertex)] = np.array(
                        [0.02 * pull, 0.085 * inward * pull, -0.13 * pull]
                    )
        for vertex in LID_FOLD[side]:
            handles[vertex] = np.array([0.0, 0.0, 0.03 if up else -0.015])
        side_of = neutral[:, 1] if side == "left" else -neutral[:, 1]
        below = neutral[:, 2] < -0.12
        fixed = np.flatnonzero(below | (side_of < -0.12))
        fixed = np.union1d(fixed, np.concatenate([upper_lid, lower_lid]))
        fixed = np.union1d(fixed, self._head.silhouette)
        fixed = np.union1d(fixed, t.OVAL[[0, 1, 2, 3, 4, 5, 6, 30, 31, 32, 33, 34, 35]])
        return self._head.spread(handles, np.setdiff1d(fixed, list(handles)))

    def _frame(self) -> Indices:
        """Return the vertices that no mouth movement reaches."""
        return np.union1d(
            np.union1d(self._upper_face, self._head.silhouette), [1, 2, 4, 98, 327, 94]
        )

    def _lips_closed(self, shape: Floats) -> Floats:
        """Return the displacements (m, 3) that bring the parted lips of a shape together."""
        handles: dict[int, Floats] = {}
        paths = (t.LIP_UPPER_INNER, t.LIP_LOWER_INNER, t.LIP_UPPER_OUTER, t.LIP_LOWER_OUTER)
        for upper, lower, upper_outer, lower_outer in zip(*paths, strict=True):
            meet = 0.6 * shape[upper] + 0.4 * shape[lower]
            for vertex, outer in ((upper, upper_outer), (lower, lower_outer)):
                handles[int(vertex)] = meet - shape[vertex]
                handles[int(outer)] = (0.8 if vertex == upper else 0.9) * (meet - shape[vertex])
        return self._head.spread(handles, np.setdiff1d(self._frame(), list(handles)))

    def _lips_bent(self, *, down: float, inward: float) -> Floats:
        """Return displacements (m, 3) that bend the lips' corners down and push the chin up."""
        neutral = self._head.neutral
        handles: dict[int, Floats] = {}
        for path in (t.LIP_UPPER_INNER, t.LIP_LOWER_INNER, t.LIP_UPPER_OUTER, t.LIP_LOWER_OUTER):
            reach = neutral[path, 1] / np.abs(neutral[path, 1]).max()
            for vertex, share in zip(path, reach, strict=True):
                bend = 0.035 - (down + 0.035) * abs(share) ** 1.7
                handles[int(vertex)] = np.array([0.0, -inward * share, bend])
        handles |= {199: np.array([0.02, 0.0, 0.04]), 152: np.array([0.0, 0.0, 0.01])}
        return self._head.spread(handles, np.setdiff1d(self._frame(), list(handles)))

    def _lips(self, *, width: float, height: float, forward: float) -> Floats:
        """Return displacements (m, 3) that scale the lips and push them forward."""
        neutral = self._head.neutral
        middle = neutral[[13, 14]].mean(axis=0)
        lips = np.unique(
            np.concatenate(
                [t.LIP_UPPER_OUTER, t.LIP_UPPER_INNER, t.LIP_LOWER_INNER, t.LIP_LOWER_OUTER]
            )
        )
        handles = {}
        for vertex in lips:
            offset = neutral[vertex] - middle
            scaled = offset * np.array([1.0, width, height])
            push = forward * (1.0 - 0.5 * min(abs(offset[1]) / 0.45, 1.0))
            handles[int(vertex)] = scaled - offset + np.array([push, 0.0, 0.0])
        fixed = np.union1d(self._frame(), t.OVAL)
        return self._head.spread(handles, np.setdiff1d(fixed, list(handles)))

    def _jaw_share(self) -> Floats:
        """Return how far each vertex (m,) follows the jaw."""
        neutral = self._head.neutral
        handles: dict[int, Floats] = {}
        for path, most in ((t.LIP_LOWER_INNER, 0.93), (t.LIP_LOWER_OUTER, 0.95)):
            reach = np.abs(neutral[path, 1]) / np.abs(neutral[path, 1]).max()
            for vertex, share in zip(path, most - (most - 0.42) * reach**2.2, strict=True):
                handles[int(vertex)] = np.array([share])
        for path in (t.LIP_UPPER_INNER, t.LIP_UPPER_OUTER):
            reach = np.abs(neutral[path, 1]) / np.abs(neutral[path, 1]).max()
            for vertex, share in zip(path, 0.42 * reach**3, strict=True):
                handles[int(vertex)] = np.array([share])
        for vertex in t.OVAL[12:25]:
            side = abs(neutral[vertex, 1]) / 0.62
            handles[int(vertex)] = np.array([1.0 - 0.45 * min(side, 1.0) ** 2])
        handles |= {199: np.array([1.0]), 200: np.array([0.98])}
        return self._head.spread(handles, np.setdiff1d(self._frame(), list(handles)))[:, 0]


def _ramp(low: float, high: float, value: float) -> float:
    return smoothstep((value - low) / (high - low))
