# SPDX-License-Identifier: Apache-2.0
"""Outcome of a collection: complete, or a message for the user."""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import dataclass

from x2c_core.words import counted
from x2c_datasets.card import card
from x2c_datasets.collect.store import AnimationStore, OpenFolder
from x2c_datasets.collection_settings import CollectionSettings
from x2c_datasets.errors import CollectError

Advance = Callable[[int], None]
"""Called with the number of pairs that have come to the disk."""


@dataclass(frozen=True)
class CollectOutcome:
    """Result of a run.

    Attributes:
        pairs: Number of pairs in the folder now.
        found: Pairs that were there before.
        warnings: Warnings for the user.
    """

    pairs: int
    found: int
    warnings: tuple[str, ...] = ()


def complete(opened: OpenFolder, settings: CollectionSettings) -> None:
    """Join the metadata, write the data card, and end the unfinished state.

    Raises:
        OSError: Something does not fit; the pairs are as they were.
    """
    opened.store.finish()
    card.write(opened.store.folder, settings)
    opened.close_complete()


def unwritable(
    error: OSError, store: AnimationStore, settings: CollectionSettings
) -> CollectError:
    """Return the message for a failed write."""
    kept = sum(settings.frames_of(index) for index in store.done())
    what = "the disk is full" if error.errno == errno.ENOSPC else f"cannot write: {error}"
    return CollectError(
        f"{what}; {kept} of {counted(settings.samples, 'pair')} are in {store.folder} and can be "
        "read. Make room and run the same command again to go on"
    )
