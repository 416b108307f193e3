# SPDX-License-Identifier: Apache-2.0
"""Frames of a recording: with an image each, or with recorded landmarks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from x2c_core.arrays import ImageArray
from x2c_core.face.frames import Face
from x2c_core.files.issues import Issues

if TYPE_CHECKING:
    from x2c_bags.reading.bag_reader import BagReader


@dataclass(frozen=True)
class Frame:
    """One frame.

    Attributes:
        index: Place among the recording's frames, those that cannot be read included.
        stamp: Stamp of the camera image [ns].
        time: Time in the bag [ns]; the stamp if there is no bag.
        image: (height, width, 3) BGR, or None where landmarks were recorded only.
        face: Recorded face, if there is no image.
        is_neutral: Whether it is no frame, but shows the person's neutral face.
        person: Number of the person, if the recording tells persons apart.
    """

    index: int
    stamp: int
    time: int
    image: ImageArray | None = None
    face: Face | None = None
    is_neutral: bool = False
    person: int = 0


@dataclass(frozen=True)
class FrameReference:
    """Control values that belong to frames.

    Attributes:
        stamps: (n,) ascending, each once [ns].
        values: (n, 30) [ratio or rad]; NaN while no person is followed.
        source: Origin of the values, for people.
    """

    stamps: NDArray[np.int64]
    values: NDArray[np.float64]
    source: str


@dataclass
class SourceFacts:
    """Description of a source.

    Attributes:
        kind: "bag", "video" or "images".
        topic: Topic of the frames; empty where there is none.
        form: Message type, or what kind of file.
        encodings: Encodings met, with how often.
        sizes: Width x height met, with how often.
        storage: Names of the files read.
    """

    kind: str
    topic: str = ""
    form: str = ""
    encodings: dict[str, int] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    storage: list[str] = field(default_factory=list)


class FrameSource(ABC):
    """A recording, read from the beginning as often as wanted.

    Attributes:
        facts: Description of the source; complete after a pass.
        issues: Problems found while reading; complete after a pass.
        count: Estimated number of frames; None if unknown.
        has_neutral: Whether the person's neutral face is among what it yields.
        is_independent: Whether frames have no past: each is an image by itself.
        bag: Bag with the rest of the run; None for a recording that is no bag.
    """

    has_neutral = False
    is_independent = False
    bag: BagReader | None = None

    def __init__(self, facts: SourceFacts, issues: Issues, count: int | None) -> None:
        self.facts, self.issues, self.count = facts, issues, count
        self._counted = False

    @abstractmethod
    def frames(self) -> Iterator[Frame]:
        """Yield the frames that can be read; what cannot is counted once."""

    def reference(self) -> FrameReference | None:
        """Return the control values that belong to the frames; None if there are none."""
        return None

    @abstractmethod
    def selected(self, indices: Collection[int]) -> Iterator[tuple[int, ImageArray]]:
        """Yield index and image of some frames; those that have none are left out."""

    def take_over(self, facts: SourceFacts, issues: Issues) -> None:
        """Take what was found in a pass through the same recording by another process."""
        self.facts, self._counted = facts, True
        self.issues.become(issues)

    def images(self, indices: Collection[int]) -> dict[int, ImageArray]:
        """Return the images of some frames, by index; those that have none are left out."""
        return dict(self.selected(indices))


def timed(images: Iterable[ImageArray], period: float) -> Iterator[Frame]:
    """Yield images as frames with stamps.

    Args:
        images: (height, width, 3) BGR each.
        period: Time between two images [s].
    """
    for index, image in enumerate(images):
        stamp = round(index * period * 1e9)
        yield Frame(index, stamp, stamp, image)
