# SPDX-License-Identifier: Apache-2.0
"""Folds of the skin: which joints draw each of them, and how it is painted.

Positions are in the plane of the skin's texture [interocular distances]: to the own left, and up.
Every fold of a side is described for the left one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

Point = tuple[float, float]


@dataclass(frozen=True)
class Pull:
    """Share of one joint in a fold.

    Attributes:
        joint: Name of the joint; "{side}" stands for the side of the fold.
        full: Position at which the joint pulls with its whole share [rad or m].
        share: Opacity of the fold when this joint alone pulls.
    """

    joint: str
    full: float
    share: float = 1.0


@dataclass(frozen=True)
class Groove:
    """A furrow along a smooth line through points, deepest in its middle.

    Attributes:
        points: Points that it goes through.
        width: Width of its dark line [interocular distances].
        depth: Strength of its dark line, 0 to 1.
        ridge: Strength of the light edge beside it, 0 to 1.
        side: Side of the ridge along the line's direction: 1 is left, -1 is right, 0 both.
    """

    points: tuple[Point, ...]
    width: float = 0.030
    depth: float = 0.6
    ridge: float = 0.25
    side: float = 0.0


@dataclass(frozen=True)
class Patch:
    """A soft spot of shade or light: its middle, its radii, its strength, 0 to 1."""

    middle: Point
    radii: Point
    strength: float
    light: bool = False


@dataclass(frozen=True)
class Fold:
    """Marks in the skin that show together.

    Attributes:
        name: Name without the side.
        pulls: Joints that draw the fold; their shares add up.
        marks: Grooves and patches, painted one over the other.
        slack: Sum of shares up to which nothing shows yet; what is not drawn costs no time.
        sided: Whether there is one on each side; else the marks are mirrored into one fold.
    """

    name: str
    pulls: tuple[Pull, ...]
    marks: tuple[Groove | Patch, ...]
    slack: float = 0.4
    sided: bool = True

    def amount(self, positions: Mapping[str, float]) -> float:
        """Return how much of the fold shows, 0 to 1.

        Args:
            positions: Positions of the joints by name [rad or m].
        """
        drawn = sum(
            pull.share * min(max(positions[pull.joint] / pull.full, 0.0), 1.0)
            for pull in self.pulls
        )
        return float(min(max((drawn - self.slack) / (1.0 - self.slack), 0.0), 1.0))


_MM = 0.001

_SNEER = Groove(
    ((0.27, -0.27), (0.355, -0.41), (0.435, -0.55), (0.50, -0.69), (0.535, -0.83)),
    *(0.050, 0.80, 0.30),
    side=1.0,
)
"""Fold from nose to mouth when the upper lip is drawn up."""

_DESCRIBED = (
    Fold(
        "frown",
        (Pull("brow_inner_{side}", -5.5 * _MM),),
        (
            Patch((0.31, 0.12), (0.13, 0.11), 0.60),
            Patch((0.17, 0.28), (0.06, 0.14), 0.35),
            Patch((0.03, 0.31), (0.08, 0.15), 0.25, light=True),
            Groove(((0.19, 0.14), (0.14, 0.23), (0.115, 0.34), (0.125, 0.48)), 0.036, 0.85, 0.2),
        ),
    ),
    Fold(
        "forehead_inner",
        (
            Pull("brow_inner_left", 7.5 * _MM, 0.5),
            Pull("brow_inner_right", 7.5 * _MM, 0.5),
        ),
        (
            Groove(((-0.10, 0.475), (0.10, 0.470), (0.26, 0.495), (0.42, 0.52)), 0.032, 0.6, 0.3),
            Groove(((-0.10, 0.555), (0.10, 0.550), (0.26, 0.570), (0.44, 0.585)), 0.032, 0.6, 0.3),
            Groove(((-0.08, 0.630), (0.10, 0.625), (0.26, 0.635), (0.38, 0.64)), 0.028, 0.35, 0.1),
        ),
        sided=False,
    ),
    Fold(
        "forehead_outer",
        (Pull("brow_outer_{side}", 8.0 * _MM),),
        (
            Groove(((0.20, 0.485), (0.40, 0.52), (0.58, 0.50), (0.76, 0.43)), 0.032, 0.6, 0.3),
            Groove(((0.20, 0.560), (0.40, 0.59), (0.58, 0.575), (0.72, 0.525)), 0.032, 0.5, 0.25),
            Groove(((0.20, 0.635), (0.38, 0.65), (0.54, 0.635)), 0.028, 0.28, 0.1),
        ),
    ),
    Fold(
        "eye",
        (Pull("eyelid_lower_{side}", 0.2, 0.8), Pull("lip_corner_raise_{side}", 10 * _MM, 0.6)),
        (
            Patch((0.52, -0.12), (0.20, 0.030), 0.35, light=True),
            Groove(((0.27, -0.10), (0.40, -0.165), (0.54, -0.19), (0.68, -0.155), (0.77, -0.08)),
                   0.030, 0.5, 0.15, side=1.0),
            Patch((0.86, -0.03), (0.10, 0.12), 0.25),
            Groove(((0.765, 0.050), (0.82, 0.085), (0.90, 0.15), (0.95, 0.21)), 0.024, 0.38, 0.2),
            Groove(((0.775, -0.005), (0.84, 0.0), (0.92, 0.02), (0.99, 0.05)), 0.024, 0.42, 0.2),
            Groove(((0.765, -0.06), (0.83, -0.1), (0.90, -0.13), (0.96, -0.14)), 0.024, 0.38, 0.2),
        ),
    ),
    Fold(
        "cheek",
        (
            Pull("lip_corner_raise_{side}", 10 * _MM),
            Pull("lip_corner_stretch_{side}", 9 * _MM, 0.35),
        ),
        (
            Patch((0.63, -0.34), (0.17, 0.11), 0.38, light=True),
            Patch((0.68, -0.58), (0.20, 0.10), 0.30),
            Groove(((0.335, -0.38), (0.42, -0.52), (0.505, -0.65), (0.565, -0.78), (0.58, -0.92)),
                   0.042, 0.75, 0.30, side=1.0),
        ),
    ),
    Fold(
        "sneer",
        (Pull("lip_top_raise_{side}", 6.5 * _MM, 0.8),),
        (
            Patch((0.47, -0.36), (0.12, 0.10), 0.30, light=True),
            _SNEER,
        ),
    ),
    Fold(
        "nose_wrinkle",
        (Pull("nose_wrinkle", 6.5 * _MM),),
        (
            Groove(((-0.06, 0.130), (0.0, 0.135), (0.07, 0.125), (0.14, 0.09)), 0.034, 0.55, 0.15),
            Groove(((-0.05, 0.040), (0.0, 0.045), (0.06, 0.035), (0.12, 0.00)), 0.032, 0.35, 0.1),
            Groove(((0.13, 0.060), (0.19, -0.010), (0.225, -0.110)), 0.032, 0.55, 0.2),
            Groove(((0.11, -0.050), (0.165, -0.110), (0.195, -0.190)), 0.032, 0.40, 0.15),
            replace(_SNEER, depth=0.55, ridge=0.2),
        ),
        sided=False,
    ),
    Fold(
        "corner_down",
        (Pull("lip_corner_raise_{side}", -8 * _MM),),
        (
            # Lowered corners press the skin below them together: a short or wide line is a spot.
            Patch((0.50, -1.10), (0.10, 0.24), 0.20),
            Groove(((0.435, -0.90), (0.475, -0.99), (0.50, -1.10), (0.50, -1.24), (0.475, -1.36)),
                   0.024, 0.40, 0.10, side=1.0),
        ),
    ),
    Fold(
        "chin",
        (
            Pull("lip_bottom_depress_middle", -3 * _MM, 0.8),
            Pull("lip_corner_raise_left", -8 * _MM, 0.35),
            Pull("lip_corner_raise_right", -8 * _MM, 0.35),
        ),
        (
            Groove(((-0.1, -1.17), (0.0, -1.165), (0.12, -1.175), (0.24, -1.225)), 0.04, 0.5, 0.2),
            Patch((0.0, -1.27), (0.20, 0.07), 0.30, light=True),
            Patch((0.0, -1.38), (0.11, 0.07), 0.13),
            Patch((0.15, -1.36), (0.10, 0.07), 0.11),
        ),
        slack=0.4,
        sided=False,
    ),
)  # fmt: skip


def _mirrored(mark: Groove | Patch) -> Groove | Patch:
    if isinstance(mark, Patch):
        return replace(mark, middle=(-mark.middle[0], mark.middle[1]))
    points = tuple((-across, up) for across, up in mark.points)
    return replace(mark, points=points, side=-mark.side)


def _on_sides(fold: Fold) -> tuple[Fold, ...]:
    other = tuple(_mirrored(mark) for mark in fold.marks)
    if not fold.sided:
        return (replace(fold, marks=fold.marks + other),)
    return tuple(
        replace(
            fold,
            name=f"{fold.name}_{side}",
            pulls=tuple(replace(pull, joint=pull.joint.format(side=side)) for pull in fold.pulls),
            marks=marks,
        )
        for side, marks in (("left", fold.marks), ("right", other))
    )


FOLDS: tuple[Fold, ...] = tuple(fold for described in _DESCRIBED for fold in _on_sides(described))
"""Every fold, those of the sides by their full names."""
