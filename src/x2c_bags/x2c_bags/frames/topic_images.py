# SPDX-License-Identifier: Apache-2.0
"""Images of one topic of a bag, message by message; also those in packets of a video."""

from __future__ import annotations

import contextlib
from typing import Any

import av
import av.error
import numpy as np

from x2c_bags.frames.bag_images import image_in
from x2c_core.arrays import ImageArray
from x2c_core.files.entries import shown
from x2c_core.files.input_limits import IMAGE_PIXELS, LimitError
from x2c_node.errors import ImageError

IMAGE = "sensor_msgs/msg/Image"
COMPRESSED = "sensor_msgs/msg/CompressedImage"
VIDEO = ("ffmpeg_image_transport_msgs/msg/FFMPEGPacket", "foxglove_msgs/msg/CompressedVideo")
"""Message types of video packets."""

_CODECS = {
    "264": "h264",
    "265": "hevc",
    "hevc": "hevc",
    "av1": "av1",
    "vp8": "vp8",
    "vp9": "vp9",
    "mpeg4": "mpeg4",
}
_IMAGES = (b"\xff\xd8\xff", b"\x89PNG")


class TopicImages:
    """Images of a topic's messages, which are given in the order in which they were recorded.

    Args:
        kind: Message type: Image, CompressedImage, or one of `VIDEO`.
    """

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._decoder: _PacketDecoder | None = None

    def image(self, message: Any) -> ImageArray:
        """Return the image (height, width, 3) BGR of the next message.

        Raises:
            ImageError: It cannot be decoded; damaged messages raise any of `UNUSABLE`.
        """
        codec = self._codec(message)
        if not codec:
            return image_in(message, compressed=self._kind == COMPRESSED)
        if self._decoder is None or self._decoder.codec != codec:
            self._decoder = _PacketDecoder(codec)
        return self._decoder.image(bytes(message.data))

    def _codec(self, message: Any) -> str:
        """Return the name of the video codec of a message; empty for an image."""
        if self._kind == IMAGE:
            return ""
        name = str(message.encoding if hasattr(message, "encoding") else message.format).lower()
        if bytes(message.data[:4]).startswith(_IMAGES):
            return ""
        for part, codec in _CODECS.items():
            if part in name:
                return codec
        if self._kind in VIDEO:
            raise ImageError(f"a video in {shown(name)} cannot be decoded; expected H.264 or HEVC")
        return ""


class _PacketDecoder:
    """Decoder of a live video: a packet gives one frame, at once.

    Args:
        codec: Name of the codec.
    """

    def __init__(self, codec: str) -> None:
        self.codec = codec
        context: Any = av.CodecContext.create(codec, "r")
        # With several threads a frame comes packets later.
        context.thread_count = 1
        context.options = {"flags": "+low_delay"}
        self._context = context
        self._began = False
        self._number = 0

    def image(self, data: bytes) -> ImageArray:
        """Return the image of the next packet.

        Raises:
            ImageError: It cannot be decoded.
        """
        self._number += 1
        packet = av.Packet(data)
        packet.pts = packet.dts = self._number
        try:
            frames = self._context.decode(packet)
        except av.error.FFmpegError as error:
            raise ImageError(self._why_not()) from error
        if not frames:
            raise ImageError(self._why_not())
        frame = frames[-1]
        with contextlib.suppress(TypeError):
            if frame.pts < self._number:
                raise ImageError(
                    f"packets of {self.codec} are not in the order of their images (B-frames): "
                    "record with a live encoder's settings"
                )
        self._began = True
        try:
            subject = f"a frame of {frame.width} x {frame.height} has"
            IMAGE_PIXELS.check(frame.width * frame.height, subject)
            image = frame.to_ndarray(format="bgr24", interpolation="BICUBIC")
        except (LimitError, ValueError) as error:
            raise ImageError(str(error)) from error
        return np.asarray(image, dtype=np.uint8)

    def _why_not(self) -> str:
        if self._began:
            return f"packets of {self.codec} cannot be decoded: damaged, or some are missing"
        return f"packets of {self.codec} before the first whole image cannot be decoded"
