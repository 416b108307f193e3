# SPDX-License-Identifier: Apache-2.0
"""Layers of all sources as arrays: what each asks for, and how far it is faded in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from x2c_core.arrays import Array, Indices, Mask
from x2c_core.control_space import controls
from x2c_core.control_space.layers import ControlLayer, LayerMode
from x2c_imitation.errors import MixerError
from x2c_imitation.face_mixer.source_settings import MOST_SOURCES, SourceSettings, check_name

_SHAPE = (MOST_SOURCES, controls.COUNT)
_NONE = np.zeros(controls.COUNT, dtype=bool)


@dataclass(slots=True)
class Shares:
    """Shares of the live sources (m), painted over each other, the last one on top.

    Attributes:
        names: Names of the sources.
        additive: Names of those that add.
        adding: Indices (k,) of those that add.
        seen: (m, 30) share with which each is seen.
        below: (30,) share with which the face below them is seen.
        visible: (m, 30) true where a source that overrides is seen.
    """

    names: tuple[str, ...]
    additive: tuple[str, ...]
    adding: Indices
    seen: Array
    below: Array
    visible: Mask

    @property
    def replacing(self) -> Array:
        """(m, 30) share of those that override, 0 of the others."""
        return self.seen * self.visible


class SourceLayers:
    """Sources in rows: first the live ones in the order of their rank, then all others.

    A source is live from its first message with a mask until it is faded out.

    Attributes:
        conflicts: Pairs of sources of equal priority that asked for the same control: the newer,
            then the older one.
        shares: Shares of the live sources after `fade`; None if there are none.
    """

    def __init__(self) -> None:
        self.conflicts: list[tuple[str, str]] = []
        self.shares: Shares | None = None
        self._names = [""] * MOST_SOURCES
        self._settings = [SourceSettings()] * MOST_SOURCES
        self._heard = [0.0] * MOST_SOURCES
        self._since = [0] * MOST_SOURCES
        self._adds = [False] * MOST_SOURCES
        self._empty = [True] * MOST_SOURCES
        self._rows: dict[str, int] = {}
        self._reach = np.zeros(_SHAPE)
        self._values = np.zeros(_SHAPE)
        self._before = np.zeros(_SHAPE)
        self._given = np.zeros(_SHAPE)
        self._mask = np.zeros(_SHAPE)
        self._asked = np.zeros(_SHAPE, dtype=bool)
        self._weights = np.zeros(_SHAPE)
        self._activations = 0
        self._live = 0
        self._noted: set[tuple[str, str]] = set()
        self._gone: list[bool] = []
        self._settled = True
        self._arrange([])

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the sources."""
        return tuple(self._rows)

    @property
    def live(self) -> bool:
        """True while any source has a part in the face."""
        return self._live > 0

    def declare(self, name: str, settings: SourceSettings) -> None:
        """Give a source its settings.

        Raises:
            MixerError: There are too many sources, or the name cannot be.
            ControlError: The regions of the settings cannot be.
        """
        reach = settings.reach
        if name not in self._rows:
            if len(self._rows) == MOST_SOURCES:
                raise MixerError(f"there are {MOST_SOURCES} sources already: {name} is ignored")
            free = set(range(MOST_SOURCES)).difference(self._rows.values())
            self._rows[check_name(name)] = min(free)
        row = self._rows[name]
        self._names[row] = name
        self._settings[row] = settings
        self._reach[row] = reach
        self._arrange(range(self._live))

    def forget(self, name: str) -> bool:
        """Free the row of a source, unless it is live; return whether it is forgotten."""
        if self._rows[name] < self._live:
            return False
        self._names[self._rows.pop(name)] = ""
        self._noted = {pair for pair in self._noted if name not in pair}
        self.conflicts = [pair for pair in self.conflicts if name not in pair]
        return True

    def take(self, name: str, layer: ControlLayer, now: float) -> None:
        """Take what a source asks for; an unknown one is declared with the defaults.

        Args:
            name: Name of the source.
            layer: Layer of the source.
            now: Time of arrival [s], never before the last one.

        Raises:
            MixerError: There are too many sources, or the name cannot be.
        """
        if name not in self._rows:
            self.declare(name, SourceSettings())
        row = self._rows[name]
        in_time = now - self._heard[row] <= self._settings[row].timeout
        adds = layer.mode is LayerMode.ADD
        if adds is not self._adds[row] and layer.empty:
            # Whatever its mode, it only lets go, of what it did before.
            adds = self._adds[row]
        self._heard[row] = now
        asked, live = self._asked[row], row < self._live
        same = adds is self._adds[row] and _every(layer.mask == self._given[row])
        if live and in_time and same:
            np.copyto(self._values[row], layer.values, where=asked)
            return
        before = asked.copy() if in_time else _NONE
        self._given[row] = layer.mask
        np.multiply(layer.mask, self._reach[row], out=self._mask[row])
        np.greater(self._mask[row], 0.0, out=asked)
        self._empty[row] = not _any(asked)
        self._settled = False
        if adds is not self._adds[row]:
            self._adds[row] = adds
            self._arrange(range(self._live))
        if not live:
            self._begin(row, layer)
            return
        self._note_conflicts(row)
        # A control that is let go fades out from where it is. One that is asked for again
        # meanwhile is handed over: the leap to it is no motion of the source.
        np.copyto(self._values[row], layer.values, where=asked)
        np.copyto(self._before[row], layer.values, where=asked > before)

    def fade(self, now: float, step: float) -> None:
        """Bring the weights of live sources towards their masks; drop those that are faded out.

        Args:
            now: Present time [s].
            step: Time since the last call [s].
        """
        many = self._live
        gone = [
            now - heard > timeout
            for heard, timeout in zip(self._heard[:many], self._timeouts, strict=True)
        ]
        if self._settled and gone == self._gone:
            return
        wanted, weights = self._mask[:many], self._weights[:many]
        if True in gone:
            wanted = wanted.copy()
            wanted[gone] = 0.0
        lowest = weights - step * self._down
        highest = weights + step * self._up
        # The end is reached exactly: a sum would miss it by rounding.
        np.maximum(wanted, lowest, out=lowest)
        np.minimum(lowest, highest, out=weights)
        self._settled = _every((weights == wanted).ravel())
        self._gone = gone
        # Only one that wants nothing can be faded out.
        if True in gone or True in self._empty[:many]:
            # One that has just begun has no weight yet.
            live = (weights.any(axis=1) | wanted.any(axis=1)).tolist()
            if False in live:
                self._arrange([row for row, one in enumerate(live) if one])
        self.shares = self._painted() if self._live else None

    def painted(self) -> tuple[Array, Array, Array | None]:
        """Return the sum (30,) of the live layers, and how far they went since the last call.

        Returns:
            Sum of all layers by their shares, change of the fastest visible one that overrides,
            and change of those that add together [ratio or rad]; None if none adds.
        """
        shares = self.shares
        if shares is None:
            raise MixerError("no source is live: call fade() first")
        values, before = self._values[: self._live], self._before[: self._live]
        change = values - before
        np.abs(change, out=change)
        before[:] = values
        added = None
        if shares.additive:
            rows = shares.adding
            added = np.add.reduce(shares.seen.take(rows, 0) * change.take(rows, 0))
        total = np.add.reduce(shares.seen * values)
        change *= shares.visible
        return total, np.maximum.reduce(change), added

    def _begin(self, row: int, layer: ControlLayer) -> None:
        if self._empty[row]:
            return
        self._values[row] = self._before[row] = layer.values
        self._weights[row] = 0.0
        self._activations += 1
        self._since[row] = self._activations
        name = self._names[row]
        self._arrange([*range(self._live), row])
        self._note_conflicts(self._rows[name])

    def _painted(self) -> Shares:
        weights = self._weights[: self._live]
        left = 1.0 - weights
        if self._additive_names:
            left[self._adding] = 1.0
        # Share of the face that a source and those above it leave, from the top.
        left = np.multiply.accumulate(left[::-1])
        seen = weights.copy()
        seen[:-1] *= left[-2::-1]
        visible = seen > 0.0
        if self._additive_names:
            visible[self._adding] = False
        return Shares(
            self._live_names, self._additive_names, self._adding, seen, left[-1], visible
        )

    def _arrange(self, live: Iterable[int]) -> None:
        """Bring these rows to the beginning, in the order of their rank."""
        rows = sorted(live, key=lambda row: (self._settings[row].priority, self._since[row]))
        self._live = len(rows)
        rows += sorted(set(range(MOST_SOURCES)).difference(rows))
        if rows != list(range(MOST_SOURCES)):
            for array in (
                *(self._reach, self._values, self._before, self._given),
                *(self._mask, self._asked, self._weights),
            ):
                array[:] = array[rows]
            self._names = [self._names[row] for row in rows]
            self._settings = [self._settings[row] for row in rows]
            self._heard = [self._heard[row] for row in rows]
            self._since = [self._since[row] for row in rows]
            self._adds = [self._adds[row] for row in rows]
            self._empty = [self._empty[row] for row in rows]
            known = self._rows
            self._rows = {name: self._names.index(name) for name in known}
        settings = self._settings[: self._live]
        self._up = np.array([[1.0 / max(one.fade_in, 1e-9)] for one in settings])
        self._down = np.array([[1.0 / one.fade_out] for one in settings])
        self._timeouts = [one.timeout for one in settings]
        self._live_names = tuple(self._names[: self._live])
        adding = [row for row in range(self._live) if self._adds[row]]
        self._adding: Indices = np.array(adding, dtype=np.intp)
        self._additive_names = tuple(self._names[row] for row in adding)
        self._settled = False

    def _note_conflicts(self, row: int) -> None:
        if self._adds[row]:
            return
        name, priority = self._names[row], self._settings[row].priority
        for other in range(self._live):
            if other == row or self._adds[other] or self._settings[other].priority != priority:
                continue
            pair = (name, self._names[other])
            if pair in self._noted or not _any(self._asked[row] & self._asked[other]):
                continue
            self._noted |= {pair, pair[::-1]}
            newer = self._since[row] > self._since[other]
            self.conflicts.append(pair if newer else pair[::-1])


# Reductions without the way through numpy's methods, which costs more than they do.


def _every(mask: Mask) -> bool:
    return bool(np.logical_and.reduce(mask))


def _any(mask: Mask) -> bool:
    return bool(np.logical_or.reduce(mask))
