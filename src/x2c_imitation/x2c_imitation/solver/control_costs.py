# SPDX-License-Identifier: Apache-2.0
"""Costs of control values: what moves without evidence in the person's face is to stay at rest.

Several mixtures of controls explain a face almost equally well. A broad smile is also a curled
lip, a raised one and a wrinkled nose, which looks like a snarl. The costs decide for few and
moderate deflections, and against controls that people use rarely.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from x2c_core.arrays import Array
from x2c_core.control_space import controls

_SHARE = 0.1
"""Cost of a control's full deflection, as a share of what it does to the landmarks."""

_EFFORT = 0.015
"""Cost of any control's full deflection. A control that does little would otherwise go to its end
for what is noise. In the same unit as weighted landmark motion [interocular distances squared].
"""

_THRESHOLD = 0.0015
"""Evidence up to which a control is not used at all, likewise."""

_RARE = {"Nose Wrinkle": 5.0, "Lip Top Curl": 6.0, "Lip Bottom Curl": 2.0}
"""Factor of effort and threshold for what people seldom do."""

_COHERENCE = 0.015
"""Pull of the middle of a lip and its sides together, likewise: a lip is one muscle."""

_LIPS = ("Lip Top Raise", "Lip Bottom Depress")

_UP, _DOWN = 0, controls.COUNT
_EXCLUDED = (
    (_UP + controls.index("Nose Wrinkle"), _UP + controls.index("Lip Corner Raise Left")),
    (_UP + controls.index("Nose Wrinkle"), _UP + controls.index("Lip Corner Raise Right")),
    (_UP + controls.index("Nose Wrinkle"), _DOWN + controls.index("Jaw Pitch")),
)
"""Ways of controls that hardly go together: a wrinkled nose with a smile or a dropped jaw. Cheeks
that rise in a smile, and a head that seems to turn when the jaw drops, move the nose as well.
"""

_EXCLUSION = 0.55
"""Correlation by which one of a pair makes the other less likely. The square of it, times the
pairs of any control, must stay below 1.
"""


def costs(strength: Array, names: Sequence[str]) -> tuple[Array, Array]:
    """Return the quadratic costs (n,) and the linear costs (n,) of deflections 0 to 1.

    Args:
        strength: (n,) squared, weighted landmark motion at full deflection.
        names: Names of the n controls.
    """
    rarity = np.array([_RARE.get(name, 1.0) for name in names])
    return _SHARE * strength + _EFFORT * rarity, _THRESHOLD * rarity


def coupling(squared: Array, unknowns: NDArray[np.intp]) -> Array:
    """Return the matrix (n, n) of costs of deflections together.

    Args:
        squared: (n,) quadratic costs of deflections alone.
        unknowns: (n,) indices among the 60 ways, 30 up and 30 down.
    """
    place = {way: number for number, way in enumerate(unknowns.tolist())}
    matrix = np.zeros((unknowns.size, unknowns.size))
    for lip in _LIPS:
        for side in ("Left", "Right"):
            for start in (_UP, _DOWN):
                pair = [
                    place[start + controls.index(f"{lip} {part}")] for part in (side, "Middle")
                ]
                matrix[np.ix_(pair, pair)] += _COHERENCE * np.array([[1.0, -1.0], [-1.0, 1.0]])
    for ways in _EXCLUDED:
        one, other = (place[way] for way in ways)
        shared = _EXCLUSION * np.sqrt(squared[one] * squared[other])
        matrix[[one, other], [other, one]] += shared
    return matrix
