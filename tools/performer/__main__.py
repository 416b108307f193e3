# SPDX-License-Identifier: Apache-2.0
"""Draw the built-in performer and write its video and its ground truth.

    PYTHONPATH=tools:$PYTHONPATH python -m performer --out DIR

It takes scikit-image (for the public-domain portrait), OpenCV, ONNX Runtime, scipy and av.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import rich
from numpy.typing import NDArray
from rich.progress import track

from x2c_perception.performer.script import FRAME_RATE, VIDEO_SIZE
from x2c_perception.performer.truth import (
    TRUTH_NAME,
    VIDEO_NAME,
    Truth,
    scripted_truth,
    write_truth,
)

_QUALITY = "20"


def _frames(truth: Truth) -> Iterator[NDArray[np.uint8]]:
    from performer.renderer import Renderer

    renderer = Renderer()
    for frame in track(range(len(truth.time)), description="Drawing the performer"):
        yield renderer(truth.at(frame))


def encode(frames: Iterator[NDArray[np.uint8]], path: Path) -> None:
    """Write frames (h, w, 3), BGR, as an H.264 video."""
    import av

    with av.open(str(path), "w", options={"movflags": "+faststart"}) as file:
        stream = file.add_stream("libx264", rate=FRAME_RATE)
        stream.pix_fmt = "yuv420p"
        stream.options = {"crf": _QUALITY, "preset": "slow", "g": str(FRAME_RATE)}
        stream.width, stream.height = VIDEO_SIZE
        for image in frames:
            file.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        file.mux(stream.encode(None))


def main(arguments: list[str] | None = None) -> int:
    """Draw the performer; return the process's exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m performer", description=__doc__.split("\n", 1)[0]
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="folder to write to"
    )
    folder: Path = parser.parse_args(arguments).out
    folder.mkdir(parents=True, exist_ok=True)
    truth = scripted_truth()
    write_truth(truth, folder / TRUTH_NAME)
    encode(_frames(truth), folder / VIDEO_NAME)
    size = (folder / VIDEO_NAME).stat().st_size / 1e6
    rich.print(f"{folder / VIDEO_NAME}: {len(truth.time)} frames, {size:.2f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
