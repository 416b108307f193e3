# SPDX-License-Identifier: Apache-2.0
"""The built-in performer as a camera source."""

from __future__ import annotations

from typing import Any, Self

from x2c_core.sources.source import SourceError
from x2c_perception.cameras.video.video_file import VideoFile
from x2c_perception.performer import performer_video


class PerformerVideo(VideoFile):
    """Play the video of the built-in performer."""

    takes = "'performer'"

    def __init__(self) -> None:
        super().__init__(performer_video())

    @classmethod
    def accepts(cls, text: str) -> bool:
        """Return False: the performer is chosen by name."""
        return False

    @classmethod
    def from_text(cls, text: str, options: Any) -> Self:
        """Return the source.

        Raises:
            SourceError: There is a text.
        """
        if text:
            raise SourceError(f"performer:{text}: expected 'performer' alone")
        return cls()
