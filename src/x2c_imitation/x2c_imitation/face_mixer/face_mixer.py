# SPDX-License-Identifier: Apache-2.0
"""Imitation and any number of other sources, mixed to one face without a snap."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from x2c_core.arrays import Array
from x2c_core.control_space import controls
from x2c_core.control_space.layers import ControlLayer
from x2c_core.control_space.regions import REGIONS, region_mask
from x2c_imitation.face_mixer.source_layers import Shares, SourceLayers
from x2c_imitation.face_mixer.source_settings import SourceSettings

IMITATION = "imitation"
"""Name of what is seen where no source asks for a control."""

FASTER = 1.2
"""Highest speed of a control while it is handed over, as a multiple of that of its sources."""

_LONGEST_STEP = 0.25
"""Most that one step counts as [s]: after a pause of the process sources are not all gone."""

_EMPTY = ControlLayer(controls.NEUTRAL, np.zeros(controls.COUNT))
_REGION_MEANS = np.stack([region_mask([one]) / len(REGIONS[one]) for one in REGIONS], axis=1)
_SPAN = controls.MAXIMUM - controls.MINIMUM


@dataclass(frozen=True)
class MixerTiming:
    """Times and speed of the mixer.

    Attributes:
        handover_speed: Speed that a control may always have while it is handed over, also
            between sources that rest [ranges/s].
        base_timeout: Silence after which imitation counts as gone while others have the face [s].
        base_ease: Time in which it then eases to neutral, or comes back [s].
    """

    handover_speed: float = 1.0
    base_timeout: float = 0.5
    base_ease: float = 1.0


@dataclass(frozen=True)
class MixState:
    """Sources and regions after the last mix.

    Attributes:
        winners: Source that is seen most, by region.
        live: Names of the live sources, the one of highest rank last.
        additive: Names of those that add.
    """

    winners: Mapping[str, str]
    live: tuple[str, ...]
    additive: tuple[str, ...]


class FaceMixer:
    """Face of imitation with the layers of other sources over it.

    While a control is handed over, it moves no faster than 1.2 times its fastest source does at
    that moment, or than `handover_speed`, if that is more. With imitation alone its values pass
    unchanged.

    Args:
        timing: Times and speed.

    Attributes:
        timing: Times and speed; can be changed at any time.
        jumps: Number of times the clock went back.
    """

    def __init__(self, timing: MixerTiming | None = None) -> None:
        self.timing = timing or MixerTiming()
        self.jumps = 0
        self._layers = SourceLayers()
        self._clock: float | None = None
        self._now = 0.0
        self._mixed_at = 0.0
        self._base = controls.NEUTRAL.copy()
        self._base_heard: float | None = None
        self._base_share = 0.0
        self._base_before = controls.NEUTRAL.copy()
        self._values: Array | None = None
        self._lagging = False
        self._shares: Shares | None = None
        self._state = MixState(dict.fromkeys(REGIONS, IMITATION), (), ())

    @property
    def active(self) -> bool:
        """True while any source but imitation has a part in the face."""
        return self._layers.live

    @property
    def busy(self) -> bool:
        """True while the face has to be mixed also without a message: a hand-over goes on."""
        return self.active or self._lagging

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all sources that are declared or have been heard."""
        return self._layers.names

    @property
    def conflicts(self) -> tuple[tuple[str, str], ...]:
        """Pairs of sources of equal priority that asked for the same control, newer one first.

        The newer one keeps the control until it ends.
        """
        return tuple(self._layers.conflicts)

    def declare(self, name: str, settings: SourceSettings) -> None:
        """Give a source its settings.

        Raises:
            MixerError: There are too many sources, or the name cannot be.
            ControlError: The regions of the settings cannot be.
        """
        self._layers.declare(name, settings)

    def announce(self, name: str) -> None:
        """Add a source with the default settings, if it is not there.

        Raises:
            MixerError: There are too many sources, or the name cannot be.
        """
        if name not in self._layers.names:
            self._layers.declare(name, SourceSettings())

    def forget(self, name: str) -> bool:
        """Make room for another source, unless this one has a part in the face.

        Returns:
            Whether it is forgotten.
        """
        return self._layers.forget(name)

    def take_imitation(self, values: Array, now: float) -> None:
        """Take the values (30,) [ratio or rad] of imitation.

        Args:
            values: Values; they are finite.
            now: Time of arrival [s].
        """
        self._advance(now)
        if self._base_share < 1.0 and self._base_is_silent():
            # It comes back: the leap from where it was is no motion of the person.
            self._base_before = values
        self._base = values
        self._base_heard = self._now
        if self._values is None:
            self._base_share = 1.0

    def take(self, name: str, layer: ControlLayer, now: float) -> None:
        """Take the layer of a source; an unknown one is declared with the defaults.

        Args:
            name: Name of the source.
            layer: Layer of the source.
            now: Time of arrival [s].

        Raises:
            MixerError: There are too many sources, or the name cannot be.
        """
        self._advance(now)
        self._layers.take(name, layer, self._now)

    def release(self, name: str) -> None:
        """Let a source end as if it had published an empty mask; it is faded out."""
        self._layers.take(name, _EMPTY, self._now)

    def mix(self, now: float) -> Array:
        """Return the face (30,) [ratio or rad] to show.

        Args:
            now: Present time [s], by the clock of the arrivals.
        """
        self._advance(now)
        step = min(self._now - self._mixed_at, _LONGEST_STEP)
        self._mixed_at = self._now
        target, change = self._eased_base(step)
        if self.active:
            self._layers.fade(self._now, step)
        if self.active:
            target, change = self._layered(target, change)
        self._values = self._limited(target, change, step)
        return self._values.copy()

    def state(self) -> MixState:
        """Return which sources were seen where in the last mix."""
        shares = self._layers.shares
        if shares is self._shares:
            return self._state
        self._shares = shares
        if shares is None:
            self._state = MixState(dict.fromkeys(REGIONS, IMITATION), (), ())
            return self._state
        parts = np.vstack([shares.below, shares.replacing])
        sources = (IMITATION, *shares.names)
        most = (parts @ _REGION_MEANS).argmax(axis=0).tolist()
        winners = {region: sources[one] for region, one in zip(REGIONS, most, strict=True)}
        self._state = MixState(winners, shares.names, shares.additive)
        return self._state

    def _advance(self, now: float) -> None:
        """Advance a clock of its own, which never goes back and never leaps."""
        passed = 0.0 if self._clock is None else now - self._clock
        self._clock = now
        if passed < 0.0:
            self.jumps += 1
        self._now += min(max(passed, 0.0), _LONGEST_STEP)

    def _base_is_silent(self) -> bool:
        return self._base_heard is None or self._now - self._base_heard > self.timing.base_timeout

    def _eased_base(self, step: float) -> tuple[Array, Array]:
        """Return imitation, eased to neutral while it is silent, and its change."""
        way = -step if self._base_is_silent() else step
        share = min(max(self._base_share + way / self.timing.base_ease, 0.0), 1.0)
        change = share * np.abs(self._base - self._base_before)
        self._base_share, self._base_before = share, self._base
        if share == 1.0:
            return self._base, change
        return controls.NEUTRAL + share * (self._base - controls.NEUTRAL), change

    def _layered(self, base: Array, change: Array) -> tuple[Array, Array]:
        """Return the base with all layers over it, and the change that its sources make."""
        shares = self._layers.shares
        if shares is None:
            return base, change
        total, fastest, added = self._layers.painted()
        target = base * shares.below + total
        np.minimum(np.maximum(target, controls.MINIMUM, out=target), controls.MAXIMUM, out=target)
        change = np.maximum(np.where(shares.below > 0.0, change, 0.0), fastest)
        return target, change if added is None else change + added

    def _limited(self, target: Array, change: Array, step: float) -> Array:
        if self._values is None:
            return target
        allowed = np.maximum(FASTER * change, self.timing.handover_speed * step * _SPAN)
        way = target - self._values
        near = np.abs(way) <= allowed
        self._lagging = not np.logical_and.reduce(near)
        if not self._lagging:
            return target
        return np.where(
            near, target, self._values + np.minimum(np.maximum(way, -allowed), allowed)
        )
