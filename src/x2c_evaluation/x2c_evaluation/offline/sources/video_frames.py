# SPDX-License-Identifier: Apache-2.0
"""Frames of a video, or of a folder of pictures."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from x2c_bags.frames.frame_source import Frame, FrameSource, Picture, SourceFacts
from x2c_core.files.issues import Issues
from x2c_evaluation.errors import EvaluationError
from x2c_perception.cameras.base import PICTURE_RATE
from x2c_perception.cameras.choice import choose_source
from x2c_perception.cameras.image_files import PictureFolder, StillPicture
from x2c_perception.cameras.video_file import VideoFile, promised_pictures
from x2c_perception.errors import SourceError

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
        if isinstance(self._source, StillPicture):
            raise EvaluationError(
                f"{name} is one picture, which is no recording; expected a video, a folder of "
                "pictures, or a bag"
            )
        folder = isinstance(self._source, PictureFolder)
        facts = SourceFacts("pictures" if folder else "video", form=Path(name).suffix.lstrip("."))
        super().__init__(facts, Issues(), self._promised())
        with self._source:
            self.rate = self._source.rate or PICTURE_RATE
        self._counted = False

    def frames(self) -> Iterator[Frame]:
        """Yield the frames that can be read."""
        sizes: dict[str, int] = {}
        index = 0
        for index, picture in self._read():
            stamp = round(index * 1e9 / self.rate)
            size = f"{picture.shape[1]}x{picture.shape[0]}"
            sizes[size] = sizes.get(size, 0) + 1
            yield Frame(index, stamp, stamp, picture)
        if not self._counted:
            self._counted = True
            self.facts.sizes = sizes
            read, promised = sum(sizes.values()), self.count
            if promised and read < _SHORT * promised and self.facts.kind == "video":
                self.issues.add(
                    "pictures that the video's header promises are not there", promised - read
                )

    def pictures(self, indices: Collection[int]) -> dict[int, Picture]:
        """Return some pictures by index."""
        wanted = set(indices)
        found: dict[int, Picture] = {}
        for index, picture in self._read():
            if index in wanted:
                found[index] = picture
                if len(found) == len(wanted):
                    break
        return found

    def _read(self) -> Iterator[tuple[int, Picture]]:
        index = 0
        with self._source:
            while True:
                try:
                    picture = self._source.read()
                except SourceError as error:
                    self.issues.once(str(error))
                    index += 1
                    continue
                if picture is None:
                    return
                yield index, picture
                index += 1

    def _promised(self) -> int | None:
        if isinstance(self._source, VideoFile):
            return promised_pictures(Path(self._source.name))
        return None
