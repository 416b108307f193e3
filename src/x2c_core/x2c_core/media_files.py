# SPDX-License-Identifier: Apache-2.0
"""Files of sound or video, each read alone."""

from __future__ import annotations

from typing import BinaryIO

import av
import av.container


def open_media(file: BinaryIO) -> av.container.InputContainer:
    """Open an open file as sound or video; none that it names is opened, as those of playlists.

    Args:
        file: Content of any kind; the caller closes it.

    Raises:
        FFmpegError: It is neither.
    """
    # FFmpeg goes by the content, and knows lists of files. It has no way to open one here.
    return av.open(file, "r", metadata_errors="replace", options={"protocol_whitelist": "none"})
