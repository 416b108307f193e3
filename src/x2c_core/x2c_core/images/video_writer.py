# SPDX-License-Identifier: Apache-2.0
"""Write images as an H.264 video that plays anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import Any

import av
import av.error
import cv2
import numpy as np

from x2c_core.arrays import ImageArray
from x2c_core.errors import VideoError

_TICKS = 90_000
_OPTIONS = {"preset": "veryfast", "crf": "20"}
_CLIP = {
    "preset": "veryfast",
    "crf": "25",
    "maxrate": "1200k",
    "bufsize": "1200k",
    "g": "10",
    # With more, what comes out depends on how many the machine has.
    "threads": "1",
}
"""Options of a clip in a page: small, at most about 450 KB for two seconds, easy to seek in."""
# What OpenCV's conversion to YUV makes: BT.601 in studio range.
_BT601, _STUDIO_RANGE = 6, 1


class VideoWriter:
    """An open video file with frames of one size at any time; see `encoding`.

    Args:
        target: Path of the video, or memory to write it to.
        width: Even [px].
        height: Even [px].
        keyframes: At least every so many frames one is coded by itself; 0 for the codec's choice.
        options: Options of the codec instead of the usual ones.
    """

    def __init__(
        self,
        target: Path | BytesIO,
        width: int,
        height: int,
        keyframes: int = 0,
        options: Mapping[str, str] = MappingProxyType(_OPTIONS),
    ) -> None:
        choice = {"g": str(keyframes)} if keyframes else {}
        # The index goes to the beginning of a file, which is opened a second time for that.
        is_file = isinstance(target, Path)
        self._container = av.open(
            str(target) if is_file else target,
            "w",
            format="mp4",
            options={"movflags": "+faststart"} if is_file else {},
        )
        try:
            stream: Any = self._container.add_stream("libx264", options={**options, **choice})
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            stream.time_base = Fraction(1, _TICKS)
            context = stream.codec_context
            context.time_base = Fraction(1, _TICKS)
            context.colorspace = context.color_primaries = context.color_trc = _BT601
            context.color_range = _STUDIO_RANGE
            self._stream = stream
        except BaseException:
            self._container.close()
            raise

    def write(self, image: ImageArray, seconds: float) -> None:
        """Add an image (height, width, 3), BGR, at a time of the video [s]."""
        planes = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2YUV_I420), dtype=np.uint8)
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.pts, frame.time_base = round(seconds * _TICKS), Fraction(1, _TICKS)
        self._container.mux(self._stream.encode(frame))

    def finish(self) -> None:
        """Write what the codec still holds."""
        self._container.mux(self._stream.encode(None))

    def close(self) -> None:
        """Close the file; more than once does no harm."""
        self._container.close()


def encode_clip(frames: Iterable[tuple[float, ImageArray]], width: int, height: int) -> bytes:
    """Return a short video as the bytes of an MP4 file, the same for the same frames.

    Args:
        frames: Time [s] and image (height, width, 3) BGR of each frame, in order.
        width: Even [px].
        height: Even [px].

    Raises:
        VideoError: It cannot be encoded.
    """
    memory = BytesIO()
    try:
        with closing(VideoWriter(memory, width, height, options=_CLIP)) as writer:
            for seconds, image in frames:
                writer.write(image, seconds)
            writer.finish()
    except av.error.FFmpegError as error:
        raise VideoError(f"a clip cannot be encoded: {error}") from error
    return memory.getvalue()


@contextmanager
def encoding(path: Path, width: int, height: int) -> Iterator[VideoWriter]:
    """Write a video while entered; the file appears when it is whole.

    Interrupted by Ctrl-C it ends with the frames so far, unless an earlier file has this name:
    that one stays.

    Args:
        path: The video; one that exists is replaced.
        width: Even [px].
        height: Even [px].

    Raises:
        VideoError: The video cannot be written.
    """
    try:
        yield from _encoding(path, width, height)
    except (av.error.FFmpegError, OSError) as error:
        raise VideoError(f"cannot write {path}: {error}") from error


def _encoding(path: Path, width: int, height: int) -> Iterator[VideoWriter]:
    partial = path.with_name(path.name + ".partial")
    encoder = VideoWriter(partial, width, height)
    try:
        try:
            yield encoder
        except KeyboardInterrupt:
            if path.exists():
                raise
            encoder.finish()
            encoder.close()
            partial.replace(path)
            raise
        encoder.finish()
        encoder.close()
        partial.replace(path)
    finally:
        encoder.close()
        partial.unlink(missing_ok=True)
