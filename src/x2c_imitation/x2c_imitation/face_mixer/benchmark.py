# SPDX-License-Identifier: Apache-2.0
"""Measure what a tick of the face mixer costs, without messages.

    python -m x2c_imitation.face_mixer.benchmark [--ticks 5000]

All sources publish before every tick, as at 100 Hz; every fourth one adds. Durations are
processor times of the thread.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass

import numpy as np

from x2c_core.control_space import controls
from x2c_core.control_space.layers import ControlLayer, LayerMode
from x2c_imitation.face_mixer.face_mixer import FaceMixer

PERIOD = 0.01
"""Time between two ticks [s]."""

_VARIANTS = 50
"""Number of layers of each source; they are checked beforehand, as messages are."""


@dataclass(frozen=True)
class MixCost:
    """Mean durations of a tick.

    Attributes:
        take: Taking the layers of all sources [s].
        mix: Mixing them [s].
    """

    take: float
    mix: float


def measure(sources: int, ticks: int, *, fading: bool = False) -> MixCost:
    """Return what ticks cost.

    Args:
        sources: Number of sources over the imitation.
        ticks: Number of ticks.
        fading: Whether all masks change all the time, so that each tick fades.
    """
    random = np.random.default_rng(0)
    masks = [random.random(controls.COUNT) for _ in range(sources)]
    layers = [
        [
            ControlLayer(
                random.uniform(controls.MINIMUM, controls.MAXIMUM),
                random.random(controls.COUNT) if fading else mask,
                LayerMode.ADD if number % 4 == 3 else LayerMode.OVERRIDE,
            )
            for number, mask in enumerate(masks)
        ]
        for _ in range(_VARIANTS)
    ]
    mixer, take, mix = FaceMixer(), 0.0, 0.0
    for tick in range(ticks):
        now = tick * PERIOD
        mixer.take_imitation(controls.NEUTRAL, now)
        began = time.thread_time()
        for number, layer in enumerate(layers[tick % _VARIANTS]):
            mixer.take(f"source_{number}", layer, now)
        taken = time.thread_time()
        mixer.mix(now)
        take += taken - began
        mix += time.thread_time() - taken
    return MixCost(take / ticks, mix / ticks)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--ticks", type=int, default=5_000, help="for each setting (5000)")
    ticks = parser.parse_args().ticks
    for sources, fading in ((0, False), (1, False), (8, False), (8, True)):
        cost = measure(sources, ticks, fading=fading)
        how = ", all masks changing" if fading else ""
        sys.stdout.write(
            f"{sources} sources{how}: mix {cost.mix * 1e6:.1f} µs, "
            f"take all layers {cost.take * 1e6:.1f} µs a tick\n"
        )


if __name__ == "__main__":
    main()
