# SPDX-License-Identifier: Apache-2.0
"""A video file as a camera."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Self

import av
import av.container
import av.error
import av.video.frame
import av.video.reformatter
import av.video.stream
import numpy as np
from av.sidedata.sidedata import Type

from x2c_core.arrays import ImageArray
from x2c_core.files.impostors import mistaken_content
from x2c_core.files.input_limits import IMAGE_PIXELS, LimitError
from x2c_core.files.regular_files import open_regular
from x2c_core.images.orientation import UPRIGHT, Orientation, of_matrix
from x2c_core.media_files import open_media
from x2c_core.sources.camera_source import IMAGE_RATE, CameraSource
from x2c_core.sources.source import SourceError
from x2c_perception.cameras.video.container_length import missing_bytes
from x2c_perception.cameras.video.frame_times import FrameTimes

_SANE_RATES = (0.5, 480.0)
"""Rates that a video's header is believed [Hz]; damaged files claim anything."""

_PADDING = 1 << 20
"""Padding of a small frame in a decoder at most [pixel]."""


def promised_images(path: Path) -> int | None:
    """Return the number of images that a video's header states; None where it states none.

    Args:
        path: Video; one that cannot be read states none.
    """
    try:
        with open_regular(path) as file, open_media(file) as container:
            return _promised(container)
    except (OSError, ValueError, IndexError):
        return None


class VideoFile(CameraSource):
    """Play a video file that FFmpeg can decode, upright and at the times of its frames.

    Args:
        path: The file.
    """

    takes = "a video"
    priority = -20

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self._path = path
        self._file: BinaryIO | None = None
        self._container: av.container.InputContainer | None = None
        self._frames: Iterator[av.video.frame.VideoFrame] = iter(())
        self._first: tuple[ImageArray, int] | None = None
        self._converted = ""
        self._size = (0, 0)
        self._rate = 0.0
        self._rotation: int | None = None
        self._orientation = UPRIGHT

    @classmethod
    def accepts(cls, text: str) -> bool:
        """Return whether a text is the path of a file that may be a video."""
        path = Path(text).expanduser()
        # Only FFmpeg knows its formats, so all files are accepted that can be read.
        return path.is_file() and os.access(path, os.R_OK) and path.stat().st_size > 0

    @classmethod
    def from_text(cls, text: str, options: Any) -> Self:
        """Return the source of a path."""
        return cls(Path(text).expanduser())

    def open(self) -> None:
        """Open the file and decode its first image."""
        self.close()
        # FFmpeg says no more of what a failed download left than that it is no video.
        if mistaken := mistaken_content(self._path):
            raise SourceError(f"{self._path} is not a video: {mistaken}")
        try:
            self._file = open_regular(self._path)
            self._container = container = open_media(self._file)
            stream = container.streams.video[0]
        except (av.error.FFmpegError, IndexError) as error:
            self.close()
            raise SourceError(
                f"{self._path} is not a video that can be decoded; expected for instance MP4 with "
                "H.264, AVI or MKV, or an image: try to play it, or convert it with ffmpeg"
            ) from error
        except OSError as error:
            self.close()
            raise SourceError(f"cannot read {self._path}: {error.strerror}") from error
        context = stream.codec_context
        self._check_size(context.width, context.height)
        # Decoders count padding, too; the exact check is of what they give.
        most = 2 * IMAGE_PIXELS.value + _PADDING
        context.options = {**context.options, "max_pixels": str(most)}
        stream.thread_type = "AUTO"
        self._rate = _rate(stream)
        self._times = FrameTimes(1.0 / (self._rate or IMAGE_RATE))
        self._damaged = 0
        # A frame that converts itself starts threads of its own, which stay for long.
        self._reformatter = av.video.reformatter.VideoReformatter()
        self._frames = self._decode(container, stream)
        self._first = self._next()
        if self._first is None:
            self.close()
            raise SourceError(
                f"{self._path} is a video without a single image that can be decoded; "
                "it is empty or damaged: record or copy it again"
            )
        height, width = self._first[0].shape[:2]
        self._size = (width, height)
        self._reported = False

    def read(self) -> ImageArray | None:
        """Return the next image, or None at the end of the file.

        Raises:
            SourceError: An image is above the limit; or, once, at the end, what of the file could
                not be read.
        """
        if self._container is None:
            raise SourceError(f"{self._path} is not open: call open() first")
        following, self._first = self._first or self._next(), None
        if following is None:
            self._report_loss()
            return None
        image, self.elapsed = following
        return image

    def skip(self) -> bool:
        """Pass over the next image, which is decoded, but not converted."""
        if self._container is None or self._first is not None:
            return self.read() is not None
        while (following := self._next_frame()) is not None:
            frame, self.elapsed = following
            if self._is_convertible(frame) or self._image(frame) is not None:
                return True
        self._report_loss()
        return False

    def close(self) -> None:
        """Close the file."""
        self._frames, self._first = iter(()), None
        if self._container is not None:
            self._container.close()
        if self._file is not None:
            self._file.close()
        self._container = self._file = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height [pixel]."""
        return self._size

    @property
    def rate(self) -> float:
        """Mean rate in the file's header [Hz]; its frames have their own times."""
        return self._rate

    @property
    def promised(self) -> int | None:
        """Number of images that the header states."""
        return promised_images(self._path)

    def _next(self) -> tuple[ImageArray, int] | None:
        while (following := self._next_frame()) is not None:
            frame, elapsed = following
            image = self._image(frame)
            if image is not None:
                return image, elapsed
        return None

    def _next_frame(self) -> tuple[av.video.frame.VideoFrame, int] | None:
        frame = next(self._frames, None)
        if frame is None:
            return None
        elapsed = self._times.next(frame.pts, frame.dts, frame.time_base)
        # Frames can change their size on the way.
        self._check_size(frame.width, frame.height)
        return frame, elapsed

    def _is_convertible(self, frame: av.video.frame.VideoFrame) -> bool:
        """Return whether a frame is in the form of one that has been converted."""
        return frame.format.name == self._converted

    def _image(self, frame: av.video.frame.VideoFrame) -> ImageArray | None:
        """Return the upright image of a frame; None where it cannot be converted."""
        try:
            image = self._reformatter.reformat(
                frame, format="bgr24", interpolation="BICUBIC", threads=1
            ).to_ndarray()
        except (av.error.FFmpegError, ValueError):
            self._damaged += 1
            return None
        self._converted = frame.format.name
        # Asked for its side data, a frame stays in memory until the garbage collector comes.
        if frame.rotation != self._rotation:
            self._rotation, self._orientation = frame.rotation, _orientation(frame)
        return self._orientation.upright(np.asarray(image, dtype=np.uint8))

    def _decode(
        self, container: av.container.InputContainer, stream: av.video.stream.VideoStream
    ) -> Iterator[av.video.frame.VideoFrame]:
        packets = container.demux(stream)
        while True:
            try:
                packet = next(packets, None)
            except av.error.FFmpegError:
                self._damaged += 1
                packet = None
            if packet is None:
                return
            try:
                yield from stream.decode(packet)
            except av.error.FFmpegError:
                self._damaged += 1

    def _report_loss(self) -> None:
        """Raise once, at the end, what could not be read of the file."""
        if self._reported:
            return
        self._reported = True
        lost = []
        try:
            missing = missing_bytes(self._path)
        except OSError:
            missing = 0
        if missing:
            lost.append(
                f"it was cut off: {missing} bytes are missing at its end; copy or record it again"
            )
        if self._damaged:
            lost.append(f"parts of it could not be decoded ({self._damaged}): it is damaged")
        if lost:
            raise SourceError(f"{self._path}: {'; '.join(lost)}")

    def _check_size(self, width: int, height: int) -> None:
        try:
            subject = f"{self._path}: a frame of {width} x {height} has"
            IMAGE_PIXELS.check(width * height, subject)
        except LimitError as error:
            raise SourceError(str(error)) from error


def _promised(container: av.container.InputContainer) -> int | None:
    stream = container.streams.video[0]
    if stream.frames:
        return stream.frames
    rate, duration = _rate(stream), container.duration
    return round(rate * duration / av.time_base) or None if rate and duration else None


def _rate(stream: av.video.stream.VideoStream) -> float:
    rate = float(stream.average_rate or 0.0)
    return rate if _SANE_RATES[0] <= rate <= _SANE_RATES[1] else 0.0


def _orientation(frame: av.video.frame.VideoFrame) -> Orientation:
    # Its type hints know only some keys.
    side_data: Any = frame.side_data
    try:
        data = bytes(side_data[Type.DISPLAYMATRIX])
    except KeyError:
        return UPRIGHT
    return of_matrix(struct.unpack("=9i", data)) if len(data) == 36 else UPRIGHT
