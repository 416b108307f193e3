# SPDX-License-Identifier: Apache-2.0
"""Words for controls."""

from __future__ import annotations

import pytest

from x2c_core.control_space import controls
from x2c_core.control_space.captions import CAPTIONS, split_side


def test_every_control_has_a_caption() -> None:
    assert tuple(CAPTIONS) == controls.NAMES


@pytest.mark.parametrize("name", controls.NAMES)
def test_captions_name_the_side(name: str) -> None:
    _, side = split_side(name)
    caption = CAPTIONS[name]
    assert "{" not in caption.moves
    assert side.lower() in caption.moves
    assert caption.low != caption.high
