# SPDX-License-Identifier: Apache-2.0
"""Convert MediaPipe's models for the face tracker, or compare the tracker with MediaPipe's.

Runs in the project's environment, from `tools/`; `convert` needs the package index and onnx,
`compare` needs mediapipe 0.10.21.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from face_models import source_models
from face_models.comparison import Difference, difference, pooled, results
from face_models.hard_sequences import SEQUENCES, with_noise
from x2c_perception.performer import performer_video
from x2c_perception.tracking.face_mesh_tracker import FaceMeshTracker
from x2c_perception.tracking.tracker import FaceTracker

DATA = Path(__file__).parents[2] / "src/x2c_perception/x2c_perception/data"
DETECTOR, LANDMARKS = "face_detector.onnx", "face_landmarks.onnx"
LARGEST_MEAN, LARGEST_P99 = 0.0006, 0.003
"""How far landmarks may be from MediaPipe's in ordinary videos [interocular distances]."""


def convert(wheel: Path | None, check: bool) -> int:
    """Convert the models; write them, or compare them with those that are there."""
    from face_models.detector import convert_detector
    from face_models.landmarks import convert_landmarks
    from face_models.tflite import TfliteModel

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source_models.unpack(wheel or source_models.fetch_wheel(folder), folder)
        converted = {
            DETECTOR: convert_detector(TfliteModel(folder / source_models.DETECTOR)),
            LANDMARKS: convert_landmarks(TfliteModel(folder / source_models.LANDMARKS)),
        }
    same = True
    for name, model in converted.items():
        content = model.SerializeToString(deterministic=True)
        print(f'    "{name}": "{hashlib.sha256(content).hexdigest()}",')
        if check:
            same = same and (DATA / name).read_bytes() == content
        else:
            (DATA / name).write_bytes(content)
    if check:
        print("equal to those in the package" if same else "DIFFERENT from those in the package")
    else:
        print("put these digests into x2c_perception/tracking/face_mesh/model_session.py")
    return 0 if same else 1


def compare(videos: Sequence[Path], count: int, hard: bool) -> int:
    """Print how far the tracker is from MediaPipe's on videos; return 1 where it is too far."""
    plain: list[Difference] = []
    print(f"{'sequence':<24}{'images':>7}{'counts':>7}{'mean':>9}{'p99':>9}{'score':>9}")
    for video in videos or [performer_video()]:
        images = _images(video, count)
        ours = _difference(images, images)
        _print(video.stem, ours)
        plain.append(ours)
        for name, make in SEQUENCES.items() if hard else ():
            sequence = make(images)
            faces = 2 if name == "two faces" else 1
            noisy = with_noise(sequence)
            _print(f"  {name}", _difference(sequence, sequence, faces))
            _print("    MediaPipe, +-1 level", _difference(sequence, noisy, faces, itself=True))
    everything = pooled(plain)
    _print("all videos", everything)
    near = everything.mean <= LARGEST_MEAN and everything.p99 <= LARGEST_P99
    return 0 if near and not everything.other_counts else 1


def cpu(videos: Sequence[Path], count: int, rounds: int) -> int:
    """Print the processor time an image, of this tracker and of MediaPipe's, in turns."""
    from face_models.mediapipe_reference import MediaPipeReference

    cv2.setNumThreads(1)
    for video in videos or [performer_video()]:
        images = _images(video, count)
        ours, theirs = FaceMeshTracker(), MediaPipeReference()
        times = np.array(
            [[_cpu_time(tracker, images) for tracker in (ours, theirs)] for _ in range(rounds)]
        )
        mine, other = np.median(times, axis=0) * 1e3
        ratio = float(np.median(times[:, 0] / times[:, 1]))
        print(f"{video.stem}: {mine:.2f} ms, MediaPipe {other:.2f} ms, ratio {ratio:.2f}")
    return 0


def _cpu_time(tracker: FaceTracker, images: Sequence[NDArray[np.uint8]]) -> float:
    for image in images[:5]:
        tracker.track(image)
    start = time.process_time()
    for image in images:
        tracker.track(image)
    return (time.process_time() - start) / len(images)


def _difference(
    images: Sequence[NDArray[np.uint8]],
    others: Sequence[NDArray[np.uint8]],
    faces: int = 1,
    itself: bool = False,
) -> Difference:
    from face_models.mediapipe_reference import MediaPipeReference

    tracker = MediaPipeReference(faces) if itself else FaceMeshTracker(faces)
    return difference(results(tracker, others), results(MediaPipeReference(faces), images))


def _images(video: Path, count: int) -> list[NDArray[np.uint8]]:
    capture = cv2.VideoCapture(str(video))
    images: list[NDArray[np.uint8]] = []
    while len(images) < count:
        read, image = capture.read()
        if not read:
            break
        images.append(np.ascontiguousarray(image[:, :, ::-1], dtype=np.uint8))
    if not images:
        raise SystemExit(f"error: no image could be read from {video}")
    return images


def _print(name: str, one: Difference) -> None:
    print(
        f"{name:<24}{one.images:>7}{one.other_counts:>7}{one.mean:>9.5f}{one.p99:>9.5f}"
        f"{one.score:>9.5f}",
        flush=True,
    )


def main() -> int:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="face_models", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    converting = commands.add_parser("convert", help="write the networks into x2c_perception")
    converting.add_argument("--wheel", type=Path, help="wheel of mediapipe; else downloaded")
    converting.add_argument("--check", action="store_true", help="only compare with what is there")
    comparing = commands.add_parser("compare", help="distance from MediaPipe's landmarks")
    comparing.add_argument("--hard", action="store_true", help="also occlusion, blur, dark ...")
    timing = commands.add_parser("cpu", help="processor time an image against MediaPipe's")
    timing.add_argument("--rounds", type=int, default=5, help="turns of each tracker")
    for one in (comparing, timing):
        one.add_argument("videos", type=Path, nargs="*", help="else the built-in performer")
        one.add_argument("--images", type=int, default=10**6, help="at most so many of each")
    arguments = parser.parse_args()
    if arguments.command == "convert":
        return convert(arguments.wheel, arguments.check)
    if arguments.command == "cpu":
        return cpu(arguments.videos, arguments.images, arguments.rounds)
    return compare(arguments.videos, arguments.images, arguments.hard)


if __name__ == "__main__":
    sys.exit(main())
