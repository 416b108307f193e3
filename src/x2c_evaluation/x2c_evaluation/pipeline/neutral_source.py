# SPDX-License-Identifier: Apache-2.0
"""Source of a person's neutral face."""

from __future__ import annotations

import enum


class NeutralSource(enum.StrEnum):
    """Source of the person's neutral face."""

    AUTO = "auto"
    """Recorded where the bag has landmarks without images and a neutral face; live else."""
    LIVE = "live"
    """Found while imitating, as the tracker node does for a new person."""
    BEFORE = "before"
    """Found in a first pass, as of a person who is known by name."""
    RECORDED = "recorded"
    """That in the bag."""
