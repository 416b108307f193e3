# SPDX-License-Identifier: Apache-2.0
"""Checks of numbers that come over a network."""

from __future__ import annotations

import math
from collections.abc import Iterable

from x2c_sources.errors import PacketError


def finite(values: Iterable[float], what: str) -> tuple[float, ...]:
    """Return numbers, all of which are finite.

    Args:
        values: Numbers of a packet.
        what: Word for them in the error.

    Raises:
        PacketError: A number is NaN or infinite.
    """
    checked = tuple(values)
    for value in checked:
        if not math.isfinite(value):
            raise PacketError(f"expected a finite {what}, got {value}")
    return checked


def number(text: str, what: str) -> float:
    """Return a finite number from a text.

    Args:
        text: Digits, of at most 40 characters.
        what: Word for it in the error.

    Raises:
        PacketError: The text is no finite number.
    """
    try:
        value = float(text[:40])
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or len(text) > 40:
        raise PacketError(f"expected a number as {what}, got {text[:40]!r}")
    return value
