# SPDX-License-Identifier: Apache-2.0
"""A named expression that is shown for a while, as a layer over the face."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from x2c_core.control_space import controls
from x2c_core.control_space.controls import Values
from x2c_core.control_space.layers import ControlLayer
from x2c_core.control_space.regions import REGIONS, mask_from_text, region_mask
from x2c_core.sources.fixed_expression import FixedExpression
from x2c_core.system.fields import NoOptions
from x2c_imitation.errors import MixerError

LONGEST = 3600.0
"""Longest time for which an expression is shown [s]."""


LONGEST_TEXT = 4096
"""Longest name of an expression or clip, and longest list of regions [characters]."""


def check_texts(name: str, regions: str) -> None:
    """Refuse texts that would take long to read: meanwhile the face would stand still.

    Args:
        name: Name of an expression or a clip.
        regions: Regions to move.

    Raises:
        MixerError: A text is too long.
    """
    for what, text in (("name", name), ("regions", regions)):
        if len(text) > LONGEST_TEXT:
            raise MixerError(
                f"{what}: expected at most {LONGEST_TEXT} characters, got {len(text)}"
            )


@dataclass(frozen=True)
class HeldExpression:
    """A layer with its end.

    Attributes:
        layer: Layer to show.
        began: Time of its begin by the clock of the caller [s].
        until: Time of its end [s].
    """

    layer: ControlLayer
    began: float
    until: float

    @classmethod
    def named(
        cls, name: str, intensity: float, seconds: float, regions: str, now: float
    ) -> HeldExpression:
        """Return a named expression that begins now.

        Args:
            name: Name of the expression.
            intensity: Share of it, 0 to 1.
            seconds: Duration [s].
            regions: Regions to move, as in `mask_from_text`; empty for those that the expression
                is about.
            now: Present time [s].

        Raises:
            SourceError: There is no such expression, or the intensity is not from 0 to 1.
            ControlError: The regions cannot be.
            MixerError: The duration cannot be, or a text is too long.
        """
        check_texts(name, regions)
        # Not "seconds <= 0": NaN is neither.
        if not 0.0 < seconds <= LONGEST:
            raise MixerError(f"seconds: expected above 0 to {LONGEST:g}, got {seconds:g}")
        return cls(expression_layer(name, intensity, regions), now, now + seconds)

    def layer_at(self, now: float) -> ControlLayer | None:
        """Return the layer at a time [s]; None after the end."""
        return self.layer if now < self.until else None

    def close(self) -> None:
        """Let go of nothing: it holds no file."""


def expression_layer(name: str, intensity: float = 1.0, regions: str = "") -> ControlLayer:
    """Return the layer of a named expression, or of a mix of several.

    Args:
        name: Name of the expression, or a mix as in `FixedExpression`.
        intensity: Share of it, 0 to 1.
        regions: Regions to move, as in `mask_from_text`; empty for those that the expression is
            about.

    Raises:
        SourceError: There is no such expression.
        ControlError: The regions cannot be.
        MixerError: The intensity is not from 0 to 1.
    """
    if not 0.0 <= intensity <= 1.0:
        raise MixerError(f"intensity: expected 0 to 1, got {intensity:g}")
    whole = controls.to_deflection(FixedExpression(name, NoOptions()).at(0.0).values)
    mask = mask_from_text(regions) if regions else _moved_regions(whole)
    return ControlLayer(controls.from_deflection(intensity * whole), mask)


def _moved_regions(deflection: Values) -> Values:
    moved = [
        name for name, members in REGIONS.items() if np.any(np.abs(deflection[members]) > 1e-9)
    ]
    # The neutral face is about all of them.
    return region_mask(moved or list(REGIONS))
