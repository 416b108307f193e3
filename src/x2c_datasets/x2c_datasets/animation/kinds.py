# SPDX-License-Identifier: Apache-2.0
"""The kinds of animation: emotions, blends, one-sided faces, speech, single controls, babble."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from x2c_core.arrays import Array
from x2c_core.control_space import controls
from x2c_core.control_space.controls import Group
from x2c_core.words import counted
from x2c_datasets.animation import motions
from x2c_datasets.animation.expression_library import EMOTIONS, SOUNDS

Played = tuple[str, Array]
"""Name of an animation, and its deflections (n, 30)."""

_LEFT = np.array([name.endswith("Left") for name in controls.NAMES])
_RIGHT = np.array([name.endswith("Right") for name in controls.NAMES])
_MOUTH = np.array([control.group is Group.MOUTH for control in controls.CONTROLS])
_FACE = [c.index for c in controls.CONTROLS if c.group not in (Group.HEAD, Group.NECK)]
_FAR = {Group.HEAD: 0.6, Group.NECK: 0.6}
"""Largest deflections of single controls, where they are not the end of the range."""


def play(times: Array, generator: np.random.Generator) -> tuple[str, bool, Array]:
    """Return an animation of a random kind.

    Args:
        times: (n,) from 0 to 1.
        generator: Decides everything.

    Returns:
        Its name, whether nothing else shall move, and deflections (n, 30) which may pass -1 and 1.
    """
    names = list(SHARES)
    kind = names[int(generator.choice(len(names), p=list(SHARES.values())))]
    name, deflections = _KINDS[kind](times, generator)
    return f"{kind}: {name}", kind == "single", deflections


def _pick(poses: Mapping[str, Array], generator: np.random.Generator) -> tuple[str, Array]:
    names = list(poses)
    name = names[int(generator.integers(len(names)))]
    return name, poses[name]


def _alive(peak: Array, generator: np.random.Generator) -> Array:
    """Return a peak (30,) in which no part of the face is left quite out."""
    changed = peak.copy()
    changed[_FACE] += generator.normal(0.0, 0.08, len(_FACE))
    return changed


def _emotion(times: Array, generator: np.random.Generator) -> Played:
    name, pose = _pick(EMOTIONS, generator)
    strength = generator.uniform(0.4, 1.1) * generator.uniform(0.85, 1.15, controls.COUNT)
    return name, motions.cycle(_alive(pose * strength, generator), times, generator)


def _blend(times: Array, generator: np.random.Generator) -> Played:
    (first, one), (second, other) = (_pick(EMOTIONS, generator) for _ in range(2))
    if generator.uniform() < 0.4:
        # The eyes say something else than the mouth.
        peak = np.where(_MOUTH, one, other) * generator.uniform(0.5, 1.1)
        return f"{first} over {second}", motions.cycle(_alive(peak, generator), times, generator)
    if generator.uniform() < 0.5:
        share = generator.uniform(0.3, 0.7)
        peak = (share * one + (1.0 - share) * other) * generator.uniform(0.8, 1.4)
        return f"{first} with {second}", motions.cycle(_alive(peak, generator), times, generator)
    strengths = generator.uniform(0.5, 1.1, (2, 1))
    return f"{first} to {second}", motions.through(np.stack([one, other]) * strengths, times)


def _one_sided(times: Array, generator: np.random.Generator) -> Played:
    name, pose = _pick(EMOTIONS, generator)
    left = generator.uniform() < 0.5
    weak = generator.uniform(0.0, 0.4)
    peak = np.where(_RIGHT if left else _LEFT, weak, 1.0) * pose * generator.uniform(0.7, 1.1)
    if generator.uniform() < 0.3:
        lid = controls.index(f"Eyelid Upper {'Left' if left else 'Right'}")
        peak[lid] = generator.uniform(-0.7, -0.5)
    side = "left" if left else "right"
    return f"{name}, {side}", motions.cycle(_alive(peak, generator), times, generator)


def _speech(times: Array, generator: np.random.Generator) -> Played:
    sounds = [_pick(SOUNDS, generator) for _ in range(generator.integers(3, 7))]
    strengths = generator.uniform(0.5, 1.2, (len(sounds), 1))
    mouth = motions.through(np.stack([pose for _, pose in sounds]) * strengths, times)
    feeling, pose = _pick(EMOTIONS, generator)
    face = motions.cycle(np.where(_MOUTH, 0.25, 0.6) * pose, times, generator)
    return f"{''.join(name for name, _ in sounds)} with {feeling}", mouth + face


def _single(times: Array, generator: np.random.Generator) -> Played:
    control = controls.CONTROLS[int(generator.integers(controls.COUNT))]
    end = _FAR.get(control.group, 1.0)
    poses = np.zeros((2, controls.COUNT))
    poses[0, control.index] = end * generator.uniform(0.6, 1.0)
    poses[1, control.index] = -end * generator.uniform(0.6, 1.0)
    return control.name, motions.through(poses if generator.uniform() < 0.5 else -poses, times)


def _babble(times: Array, generator: np.random.Generator) -> Played:
    poses = np.zeros((int(generator.integers(2, 5)), controls.COUNT))
    for pose in poses:
        moved = generator.choice(_FACE, int(generator.integers(3, 13)), replace=False)
        # Small deflections are as frequent as large ones.
        pose[moved] = generator.uniform(-1.0, 1.0, len(moved)) * generator.uniform(0.3, 1.0)
    return counted(len(poses), "pose"), motions.through(poses, times)


_KINDS: Mapping[str, Callable[[Array, np.random.Generator], Played]] = {
    "emotion": _emotion,
    "blend": _blend,
    "one-sided": _one_sided,
    "speech": _speech,
    "single": _single,
    "babble": _babble,
}

SHARES: Mapping[str, float] = {
    "emotion": 0.30,
    "blend": 0.18,
    "one-sided": 0.14,
    "speech": 0.10,
    "single": 0.10,
    "babble": 0.18,
}
"""Share of each kind in the animations."""
