# SPDX-License-Identifier: Apache-2.0
"""Frames of a video, or of a folder of pictures."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from x2c_bags.frames.frame_source import Frame, FrameSource, ImageArray, SourceFacts
from x2c_core.files.issues import Issues
from x2c_core.sources.camera_source import IMAGE_RATE
from x2c_core.sources.source import SourceError
from x2c_evaluation.errors import EvaluationError
from x2c_perception.cameras.choice import choose_source
from x2c_perception.cameras.image_files import ImageSequence, StillImage
from x2c_perception.cameras.video_file import VideoFile, promised_images

_SHORT = 0.98
"""Share of the pictures that a video's header promises which it has at least [ratio]."""


class VideoFrames(FrameSource):
    """A video, a folder of pictures, or "performer".

    Stamps are the time since the beginning, at the rate that the file says.

    Args:
        name: As a user names it.

    Raises:
        SourceError: It cannot be read.
        EvaluationError: It is a single picture.
    """

    def __init__(self, name: str) -> None:
        self._source = choose_source("", name)
        if isinstance(self._source, StillImage):
            raise EvaluationError(
                f"{name} is one picture, which is no recording; expected a video, a folder of "
                "pictures, or a bag"
            )
        folder = isinstance(self._source, ImageSequence)
        facts = SourceFacts("pictures" if folder else "video", form=Path(name).suffix.lstrip("."))
        super().__init__(facts, Issues(), self._promised())
        with self._source:
            self.rate = self._source.rate or IMAGE_RATE
        self._counted = False

    def frames(self) -> Iterator[Frame]:
        """Yield the frames that can be read."""
        sizes: dict[str, int] = {}
        index = 0
        for index, image in self._read():
            stamp = round(index * 1e9 / self.rate)
            size = f"{image.shape[1]}x{image.shape[0]}"
            sizes[size] = sizes.get(size, 0) + 1
            yield Frame(index, stamp, stamp, image)
        if not self._counted:
            self._counted = True
            self.facts.sizes = sizes
            read, promised = sum(sizes.values()), self.count
            if promised and read < _SHORT * promised and self.facts.kind == "video":
                self.issues.add(
                    "pictures that the video's header promises are not there", promised - read
                )

    def images(self, indices: Collection[int]) -> dict[int, ImageArray]:
        """Return some pictures by index."""
        wanted = set(indices)
        found: dict[int, ImageArray] = {}
        for index, image in self._read():
            if index in wanted:
                found[index] = image
                if len(found) == len(wanted):
                    break
        return found

    def _read(self) -> Iterator[tuple[int, ImageArray]]:
        index = 0
        with self._source:
            while True:
                try:
                    image = self._source.read()
                except SourceError as error:
                    self.issues.once(str(error))
                    index += 1
                    continue
                if image is None:
                    return
                yield index, image
                index += 1

    def _promised(self) -> int | None:
        if isinstance(self._source, VideoFile):
            return promised_images(Path(self._source.name))
        return None
