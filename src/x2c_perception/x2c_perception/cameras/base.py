# SPDX-License-Identifier: Apache-2.0
"""What every source of pictures can do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

ImageArray = NDArray[np.uint8]
"""(height, width, 3) BGR."""

IMAGE_RATE = 30.0
"""Rate of sources that have none of their own: pictures [Hz]."""


class CameraSource(ABC):
    """A camera or something that stands for one; it can be opened again after `close`.

    Attributes:
        name: What it reads, for messages to the user.
        is_live: Whether pictures come by themselves, in real time; others wait to be read.
        age: How long before the end of the last `read` the picture was taken [s].
    """

    name: str
    is_live = False
    age = 0.0

    @abstractmethod
    def open(self) -> None:
        """Make the source ready to be read from its beginning.

        Raises:
            SourceError: It is missing, is of the wrong kind, or holds no picture.
        """

    @abstractmethod
    def read(self) -> ImageArray | None:
        """Return the next picture, which is the caller's, or None at the end.

        Raises:
            SourceError: The picture cannot be read; a source that is not live can be read on.
        """

    @abstractmethod
    def close(self) -> None:
        """Let go of the source; does nothing where it is closed."""

    @property
    @abstractmethod
    def size(self) -> tuple[int, int]:
        """Width and height of the first picture [pixel]; known while open."""

    @property
    @abstractmethod
    def rate(self) -> float:
        """Native rate [Hz]; known while open, 0 where the source does not say."""

    def __enter__(self) -> CameraSource:
        """Open the source."""
        self.open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the source."""
        self.close()
