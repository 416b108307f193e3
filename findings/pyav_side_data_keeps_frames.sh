#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# PyAV 18.1.0: a frame that was asked for its side data, where phones store how they were held, is
# not freed when it is let go of; and a frame that converts itself starts threads of its own.
#
# Valid input: an MP4 of 30 frames of 640x480 that PyAV encodes itself (MPEG-4), decoded one by one;
# each frame is dropped before the next is decoded.
# Seen: "side data: 30 of 30 frames left; without: 0 of 30" as long as the cyclic garbage collector
# does not run: frame and side data refer to each other. And "to_ndarray: 60 more threads, one
# reformatter: 0 more" on two cores: each frame keeps a converter with a pool of threads.
#
# Why it matters to a robot's face: a video that plays at the robot for half an hour, with its
# orientation read from each frame, grows by hundreds of megabytes
# (0.46 MB a frame), since Python's collector counts objects, not their size.
# Exits non-zero if frames are freed at once, or no threads are started.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check av==18.1.0 numpy==1.26.4
cat >"$folder/frames.py" <<'PY'
import gc
import os
import sys

import av
import numpy as np
from av.video.reformatter import VideoReformatter

path = sys.argv[1]
with av.open(path, "w") as container:
    stream = container.add_stream("mpeg4", rate=30)
    stream.width, stream.height, stream.pix_fmt = 640, 480, "yuv420p"
    for number in range(30):
        image = np.full((480, 640, 3), 8 * number, np.uint8)
        container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
    container.mux(stream.encode(None))


def threads():
    return len(os.listdir("/proc/self/task"))


def left(use):
    """Decode all frames, use each, and return how many are left, and how many threads are more."""
    gc.collect()
    gc.disable()
    before = threads()
    with av.open(path) as container:
        container.streams.video[0].thread_count = 1
        for frame in container.decode(video=0):
            use(frame)
        del frame
        more = threads() - before
    alive = sum(isinstance(one, av.VideoFrame) for one in gc.get_objects())
    gc.enable()
    return alive, more


converter = VideoReformatter()
asked, _ = left(lambda frame: frame.side_data)
plain, _ = left(lambda frame: frame.pts)
_, own = left(lambda frame: (frame.side_data, frame.to_ndarray(format="bgr24")))
_, shared = left(
    lambda frame: converter.reformat(frame, format="bgr24", threads=1).to_ndarray()
)
print(f"side data: {asked} of 30 frames left; without: {plain} of 30")
print(f"to_ndarray: {own} more threads, one reformatter: {shared} more")
raise SystemExit(0 if asked == 30 and plain == 0 and own > 10 and shared <= 0 else "it changed")
PY
"$folder/venv/bin/python" "$folder/frames.py" "$folder/frames.mp4"
