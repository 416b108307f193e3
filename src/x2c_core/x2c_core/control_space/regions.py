# SPDX-License-Identifier: Apache-2.0
"""Named regions of the face, as masks of sources use them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from x2c_core.control_space import controls
from x2c_core.control_space.controls import Group, Values
from x2c_core.errors import ControlError


def _indices() -> dict[str, NDArray[np.intp]]:
    groups = {
        "brows": Group.BROW,
        "lids": Group.EYELID,
        "gaze": Group.GAZE,
        "head": Group.HEAD,
        "neck": Group.NECK,
        "mouth": Group.MOUTH,
        "nose": Group.NOSE,
    }
    indices = {name: controls.group_indices(group) for name, group in groups.items()}
    for one in indices.values():
        one.setflags(write=False)
    return indices


REGIONS: Mapping[str, NDArray[np.intp]] = MappingProxyType(_indices())
"""Indices of the controls of each region, ascending; every control is in exactly one region."""


def region_indices(name: str) -> NDArray[np.intp]:
    """Return the indices of the controls of one region, in ascending order.

    Raises:
        ControlError: No region has this name.
    """
    try:
        return REGIONS[name]
    except KeyError:
        raise ControlError(
            f"unknown region {name!r}; the regions are: {', '.join(REGIONS)}"
        ) from None


def region_mask(regions: Iterable[str] | Mapping[str, float]) -> Values:
    """Return a mask (30,) that asks for whole regions.

    Args:
        regions: Names of regions, fully asked for, or their strengths from 0 to 1 by name.

    Raises:
        ControlError: No region has one of the names, or a strength is not from 0 to 1.
    """
    strengths = regions if isinstance(regions, Mapping) else dict.fromkeys(regions, 1.0)
    mask = np.zeros(controls.COUNT)
    for name, strength in strengths.items():
        if not 0.0 <= strength <= 1.0:
            raise ControlError(f"the strength of {name} must be from 0 to 1, got {strength}")
        mask[region_indices(name)] = strength
    return mask


def mask_from_text(text: str) -> Values:
    """Return a mask (30,) from a text such as "mouth" or "mouth,head=0.3".

    Raises:
        ControlError: A region is unknown, or a strength is no number from 0 to 1.
    """
    strengths = {}
    for word in text.split(","):
        name, equals, strength = (part.strip() for part in word.partition("="))
        try:
            strengths[name] = float(strength) if equals else 1.0
        except ValueError:
            raise ControlError(f"{word!r}: expected a number from 0 to 1 after '='") from None
    return region_mask(strengths)
