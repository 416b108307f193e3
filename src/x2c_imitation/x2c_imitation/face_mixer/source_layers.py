# SPDX-License-Identifier: Apache-2.0
"""Layers of all sources as arrays: what each asks for, and how far it is faded in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from x2c_core.arrays import Array, Indices, Mask
from x2c_core.control_space import controls
from x2c_core.control_space.layers import ControlLayer, LayerMode
from x2c_imitation.errors import MixerError
from x2c_imitation.face_mixer.source_settings import MOST_SOURCES, SourceSettings, check_name

_SHAPE = (MOST_SOURCES, controls.COUNT)


@dataclass(frozen=True)
class Shares:
    """Shares of the live sources (m), painted over each other, the last one on top.

    Attributes:
        names: Names of the sources.
        additive: Names of those that add.
        seen: (m, 30) share with which each is seen.
        below: (30,) share with which the face below them is seen.
        replacing: (m, 30) share of those that override, 0 of the others.
        visible: (m, 30) true where a source that overrides is seen.
        adding: (m, 30) share of those that add, 0 of the others; None if none adds.
    """

    names: tuple[str, ...]
    additive: tuple[str, ...]
    seen: Array
    below: Array
    replacing: Array
    visible: Mask
    adding: Array | None


class SourceLayers:
    """Sources in rows, the live ones in the order of their rank.

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
        self._rows: dict[str, int] = {}
        self._reach = np.zeros(_SHAPE)
        self._values = np.zeros(_SHAPE)
        self._before = np.zeros(_SHAPE)
        self._given = np.zeros(_SHAPE)
        self._mask = np.zeros(_SHAPE)
        self._asked = np.zeros(_SHAPE, dtype=bool)
        self._weights = np.zeros(_SHAPE)
        self._activations = 0
        self._live: list[int] = []
        self._order: Indices = np.zeros(0, dtype=np.intp)
        self._up = self._down = np.zeros((0, 1))
        self._gone: list[bool] = []
        self._settled = True

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the sources."""
        return tuple(self._rows)

    @property
    def live(self) -> bool:
        """True while any source has a part in the face."""
        return bool(self._live)

    def declare(self, name: str, settings: SourceSettings) -> int:
        """Give a source its settings, and return its row.

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
        self._sort()
        return row

    def forget(self, name: str) -> bool:
        """Free the row of a source, unless it is live; return whether it is forgotten."""
        if self._rows[name] in self._live:
            return False
        del self._rows[name]
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
        row = self._rows.get(name)
        if row is None:
            row = self.declare(name, SourceSettings())
        in_time = now - self._heard[row] <= self._settings[row].timeout
        adds = layer.mode is LayerMode.ADD
        self._heard[row] = now
        same = adds is self._adds[row] and bool((layer.mask == self._given[row]).all())
        if row in self._live and in_time and same:
            np.copyto(self._values[row], layer.values, where=self._asked[row])
            return
        kept = self._asked[row] & in_time
        self._given[row] = layer.mask
        self._mask[row] = layer.mask * self._reach[row]
        self._asked[row] = asked = self._mask[row] > 0.0
        self._adds[row] = adds
        self._settled = False
        if row not in self._live:
            self._begin(row, layer)
            return
        self._note_conflicts(row)
        # A control that is let go fades out from where it is. One that is asked for again
        # meanwhile is handed over: the leap to it is no motion of the source.
        np.copyto(self._values[row], layer.values, where=asked)
        np.copyto(self._before[row], layer.values, where=asked & ~kept)

    def fade(self, now: float, step: float) -> None:
        """Bring the weights of live sources towards their masks; drop those that are faded out.

        Args:
            now: Present time [s].
            step: Time since the last call [s].
        """
        gone = [now - self._heard[row] > self._settings[row].timeout for row in self._live]
        if self._settled and gone == self._gone:
            return
        rows = self._order
        wanted = self._mask[rows]
        if any(gone):
            wanted[gone] = 0.0
        weights = self._weights[rows]
        # The end is reached exactly: a sum would miss it by rounding.
        faded = np.minimum(
            np.maximum(wanted, weights - step * self._down), weights + step * self._up
        )
        self._weights[rows] = faded
        self._settled = bool((faded == wanted).all())
        self._gone = gone
        if not faded.any(axis=1).all():
            # One that has just begun has no weight yet.
            live = (faded.any(axis=1) | wanted.any(axis=1)).tolist()
            self._live = [row for row, one in zip(self._live, live, strict=True) if one]
            self._sort()
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
        values = self._values[self._order]
        change = np.abs(values - self._before[self._order])
        self._before[self._order] = values
        added = None if shares.adding is None else (shares.adding * change).sum(axis=0)
        total = (shares.seen * values).sum(axis=0)
        return total, (shares.visible * change).max(axis=0), added

    def _begin(self, row: int, layer: ControlLayer) -> None:
        if not self._asked[row].any():
            return
        self._values[row] = self._before[row] = layer.values
        self._weights[row] = 0.0
        self._activations += 1
        self._since[row] = self._activations
        self._live.append(row)
        self._sort()
        self._note_conflicts(row)

    def _painted(self) -> Shares:
        weights = self._weights[self._order]
        adds = [self._adds[row] for row in self._live]
        names = tuple(self._names[row] for row in self._live)
        column = np.array(adds)[:, None]
        overrides = ~column
        left = 1.0 - weights * overrides
        # Share of each that the sources above it leave.
        above = np.ones(weights.shape)
        np.cumprod(left[:0:-1], axis=0, out=above[-2::-1])
        seen = weights * above
        replacing = seen * overrides
        return Shares(
            names=names,
            additive=tuple(name for name, one in zip(names, adds, strict=True) if one),
            seen=seen,
            below=above[0] * left[0],
            replacing=replacing,
            visible=replacing > 0.0,
            adding=seen * column if any(adds) else None,
        )

    def _sort(self) -> None:
        self._live.sort(key=lambda row: (self._settings[row].priority, self._since[row]))
        self._order = np.array(self._live, dtype=np.intp)
        settings = [self._settings[row] for row in self._live]
        self._up = np.array([[1.0 / max(one.fade_in, 1e-9)] for one in settings])
        self._down = np.array([[1.0 / one.fade_out] for one in settings])
        self._settled = False

    def _note_conflicts(self, row: int) -> None:
        for other in self._live:
            if other == row or self._settings[other].priority != self._settings[row].priority:
                continue
            if self._adds[other] or self._adds[row]:
                continue
            older, newer = sorted((row, other), key=lambda one: self._since[one])
            pair = (self._names[newer], self._names[older])
            known = pair in self.conflicts or pair[::-1] in self.conflicts
            if not known and (self._asked[row] & self._asked[other]).any():
                self.conflicts.append(pair)
