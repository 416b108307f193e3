# SPDX-License-Identifier: Apache-2.0
"""An image, or the images of a folder one after the other, as a camera."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from x2c_core.arrays import ImageArray
from x2c_core.files.impostors import mistaken_content
from x2c_core.files.regular_files import open_regular
from x2c_core.images.image_decoding import ImageDecodingError, read_image
from x2c_core.sources.camera_source import IMAGE_RATE, CameraSource
from x2c_core.sources.source import SourceError
from x2c_perception.cameras.opencv_name import opencv_name

_IMAGE_BRANDS = frozenset((b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1"))
"""Kinds of images in the container of MP4."""


def read_image_file(path: Path) -> ImageArray:
    """Return an image file as BGR.

    Raises:
        SourceError: The file is missing, is no image, or is larger than a limit.
    """
    try:
        return read_image(path)
    except ImageDecodingError as error:
        raise SourceError(str(error)) from error


def is_image(path: Path) -> bool:
    """Return whether a file begins like an image that OpenCV reads."""
    try:
        if _is_video(_head(path)):
            return False
        # Local: OpenCV takes 30 MB, which a camera that plays a video does not need.
        import cv2

        with opencv_name(path) as name:
            return bool(cv2.haveImageReader(name))
    except OSError:
        return False


def _head(path: Path) -> bytes:
    """Return the first bytes of a file.

    Raises:
        OSError: It cannot be read.
    """
    with open_regular(path) as file:
        return file.read(12)


def _is_video(head: bytes) -> bool:
    """Return whether a file that begins so is MP4, MOV, Matroska, WebM or AVI."""
    box, brand = head[4:8], head[8:12]
    return (
        head.startswith(b"\x1a\x45\xdf\xa3")
        or (head.startswith(b"RIFF") and brand == b"AVI ")
        or (box == b"ftyp" and brand not in _IMAGE_BRANDS)
    )


class StillImage(CameraSource):
    """Show one image without end, as a camera in front of a photograph would.

    Args:
        path: The file.
    """

    takes = "an image"
    is_endless = True
    priority = -10

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self._path = path
        self._image: ImageArray | None = None

    @classmethod
    def accepts(cls, text: str) -> bool:
        """Return whether a text is the path of an image file."""
        path = Path(text).expanduser()
        return path.is_file() and is_image(path)

    @classmethod
    def from_text(cls, text: str, options: Any) -> Self:
        """Return the source of a path."""
        return cls(Path(text).expanduser())

    def open(self) -> None:
        """Read the image."""
        self._image = read_image_file(self._path)

    def read(self) -> ImageArray | None:
        """Return the image."""
        if self._image is None:
            raise SourceError(f"{self._path} is not open: call open() first")
        return self._image.copy()

    def close(self) -> None:
        """Forget the image."""
        self._image = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height [pixel]."""
        if self._image is None:
            return (0, 0)
        height, width = self._image.shape[:2]
        return width, height

    @property
    def rate(self) -> float:
        """A usual camera's rate [Hz]."""
        return IMAGE_RATE


class ImageSequence(CameraSource):
    """Show each image of a folder once; 2.png comes before 10.png.

    Args:
        folder: Holds the images; other files in it are left out.
    """

    takes = "a folder of images"
    form = "images"
    priority = -10

    def __init__(self, folder: Path) -> None:
        self.name = str(folder)
        self._folder = folder
        self._paths: Sequence[Path] = ()
        self._next = 0
        self._size = (0, 0)

    @classmethod
    def accepts(cls, text: str) -> bool:
        """Return whether a text is the path of a folder."""
        return Path(text).expanduser().is_dir()

    @classmethod
    def from_text(cls, text: str, options: Any) -> Self:
        """Return the source of a path."""
        return cls(Path(text).expanduser())

    def open(self) -> None:
        """List the images and read the first that can be read."""
        try:
            files = [path for path in self._folder.iterdir() if path.is_file()]
        except OSError as error:
            raise SourceError(f"cannot list {self._folder}: {error.strerror}") from error
        paths = sorted(filter(is_image, files), key=_natural_order)
        if not paths:
            for file in files:
                if mistaken := mistaken_content(file):
                    raise SourceError(f"{self._folder} holds no image; {file.name}: {mistaken}")
            raise SourceError(
                f"{self._folder} holds no image; expected JPEG, PNG or others that OpenCV reads"
            )
        self._paths, self._next, self._size = paths, 0, _first_size(paths)

    @property
    def is_one_take(self) -> bool:
        """True for images that are numbered without a gap, as the frames of a video are.

        Others, such as photographs, may show a person each. Known while it is open.
        """
        found = [re.search(r"\d+$", path.stem) for path in self._paths]
        numbers = [int(one.group()) for one in found if one is not None]
        return len(numbers) == len(found) > 1 and numbers == list(
            range(numbers[0], numbers[0] + len(numbers))
        )

    def read(self) -> ImageArray | None:
        """Return the next image, or None after the last; a broken one ends nothing."""
        if self._next >= len(self._paths):
            return None
        path = self._paths[self._next]
        self._next += 1
        return read_image_file(path)

    def close(self) -> None:
        """Forget the list."""
        self._paths, self._next = (), 0

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the first image [pixel]."""
        return self._size

    @property
    def rate(self) -> float:
        """A usual camera's rate [Hz]."""
        return IMAGE_RATE


def _first_size(paths: Sequence[Path]) -> tuple[int, int]:
    """Return width and height of the first image that can be read [pixel]."""
    refusals = []
    for path in paths:
        try:
            height, width = read_image_file(path).shape[:2]
        except SourceError as error:
            refusals.append(error)
            continue
        return width, height
    raise SourceError(f"no image can be read; the first of {len(paths)}: {refusals[0]}")


def _natural_order(path: Path) -> list[tuple[int, str]]:
    return [
        (int(part), "") if part.isdigit() else (-1, part)
        for part in re.split(r"(\d+)", path.name.lower())
    ]
