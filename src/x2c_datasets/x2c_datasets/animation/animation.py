# SPDX-License-Identifier: Apache-2.0
"""Animations, each made from the seed and its own number alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from x2c_core.arrays import Array
from x2c_core.control_space import controls
from x2c_datasets.animation import kinds, motions
from x2c_datasets.formats import layout

_SHORTEST, _LONGEST = 1.0, 3.0
_DIGITS = 5


@dataclass(frozen=True)
class Animation:
    """One animation, sampled in time.

    Attributes:
        index: Its number.
        name: Name of the animation, for example "emotion: fear".
        times: (n,) of the frames [s].
        values: (n, 30) control values of the frames [ratio or rad], in upstream's ranges.
    """

    index: int
    name: str
    times: Array
    values: Array

    @property
    def identifier(self) -> str:
        """Identifier in the data set."""
        return layout.animation_id(self.index)

    @property
    def split(self) -> str:
        """Split of the data set that it belongs to."""
        return layout.split_of(self.index)


def generator_of(seed: int, index: int, use: int) -> np.random.Generator:
    """Return random numbers of one animation; different ones for each use."""
    return np.random.default_rng([seed, index, use])


def make_animation(seed: int, index: int, frames: int) -> Animation:
    """Return an animation: from neutral to one or more peaks and back.

    Args:
        seed: Random seed of the data set.
        index: Index of the animation.
        frames: Number of images of the animation.
    """
    generator = generator_of(seed, index, 0)
    duration = round(float(generator.uniform(_SHORTEST, _LONGEST)), 3)
    # Even steps, each taken somewhere within: no two animations are sampled alike.
    shares = (np.arange(frames) + generator.uniform(0.0, 1.0, frames)) / frames
    name, alone, deflections = kinds.play(shares, generator)
    if not alone:
        deflections = deflections + motions.wandering(shares, generator)
        deflections = motions.shut_lids(deflections, motions.blinks(shares, duration, generator))
    inside = np.clip(deflections, -1.0, 1.0)
    values = np.array([controls.from_deflection(one) for one in inside])
    values = np.clip(np.round(values, _DIGITS), controls.MINIMUM, controls.MAXIMUM)
    return Animation(index, name, np.round(shares * duration, 4), values)
