# SPDX-License-Identifier: Apache-2.0
"""Least motion of a descriptor with which two faces can be compared.

    python -m x2c_evaluation.fidelity.measures.floors

measures what the tracker makes of a face that does not move at all: a portrait, shown again and
again with the noise of a camera, JPEG's, and a wander of a few pixels; and what it makes of left
and right of a face that moves both alike: the performer's, of whom it is known what they do.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from rich.console import Console
from rich.table import Table

from x2c_core.arrays import Array, ImageArray
from x2c_core.face.descriptors import Descriptor
from x2c_core.terminal.tables import folded
from x2c_evaluation.pipeline.seen import seen
from x2c_perception.cameras.video.video_file import VideoFile
from x2c_perception.performer import performer_truth, performer_video
from x2c_perception.tracking.face_mesh_tracker import FaceMeshTracker

TIMES_NOISE = 3.0
"""A floor is so many times the standard deviation on a still face: there noise alone keeps the
correlation of two faces that do the very same below 0.9."""

_STILL: dict[str, float] = {
    "eye_openness": 0.0033,
    "brow_inner_height": 0.0046,
    "brow_outer_height": 0.0035,
    "mouth_opening": 0.0060,
    "mouth_width": 0.0060,
    "corner_height": 0.0055,
    "upper_lip_raise": 0.0030,
    "lower_lip_depress": 0.0080,
    "gaze_yaw": 0.0125,
    "gaze_pitch": 0.0088,
    "head_yaw": 0.0056,
    "head_pitch": 0.0043,
    "head_roll": 0.0033,
}
"""Standard deviation on a still face [interocular distances or rad], larger of left and right."""

FLOORS: Array = np.array(
    [
        TIMES_NOISE * _STILL[descriptor.removesuffix("_left").removesuffix("_right")]
        for descriptor in Descriptor
    ]
)
"""(17,) standard deviation that a person's descriptor needs at least."""
FLOORS.setflags(write=False)

TIMES_APART = 2.0
"""Likewise for the difference of left and right: there noise alone keeps r below 0.75."""

_ALIKE: dict[str, float] = {
    "eye_openness": 0.0115,
    "brow_inner_height": 0.0180,
    "brow_outer_height": 0.0140,
    "corner_height": 0.0130,
}
"""Standard deviation of left less right on a face that moves both sides alike."""

SIDE_FLOORS = {name: TIMES_APART * noise for name, noise in _ALIKE.items()}
"""Standard deviation that the difference of a person's left and right needs at least."""

_SAME = 0.02
"""Channels of left and right that differ by less are alike."""

_SIDE = 480
_NOISE = 4.0
_QUALITY = 85
_FRAMES, _SETTLING = 200, 20


def still_face(seed: int = 0) -> Iterator[ImageArray]:
    """Yield images (480, 480, 3), RGB, of a face that does not move."""
    from skimage.data import astronaut

    photograph: ImageArray = astronaut()  # type: ignore[no-untyped-call]
    portrait = cv2.resize(np.ascontiguousarray(photograph[:300, 80:380]), (_SIDE, _SIDE))
    generator = np.random.default_rng(seed)
    place = np.zeros(2)
    for _ in range(_FRAMES):
        place = 0.95 * place + generator.normal(0.0, 0.3, 2)
        shift = np.array([[1.0, 0.0, place[0]], [0.0, 1.0, place[1]]])
        moved = cv2.warpAffine(portrait, shift, (_SIDE, _SIDE), borderMode=cv2.BORDER_REFLECT)
        noisy = np.clip(moved + generator.normal(0.0, _NOISE, moved.shape), 0, 255)
        _, data = cv2.imencode(
            ".jpg", noisy.astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]
        )
        yield np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), dtype=np.uint8)


def measure() -> Array:
    """Return the descriptors' standard deviations (17,) on a still face."""
    tracker = FaceMeshTracker()
    try:
        curves = np.array([seen(tracker.track(image)) for image in still_face()])
    finally:
        tracker.close()
    return np.asarray(np.nanstd(curves[_SETTLING:], axis=0))


def measure_alike() -> dict[str, float]:
    """Return the standard deviation of left less right where the performer moves both alike."""
    truth = performer_truth()
    alike = np.abs(truth.channels["jaw_yaw"]) < _SAME
    for name, left in truth.channels.items():
        if name.endswith("_left"):
            right = truth.channels[name.removesuffix("_left") + "_right"]
            alike &= np.abs(left - right) < _SAME
    tracker = FaceMeshTracker()
    curves = []
    try:
        with VideoFile(performer_video()) as video:
            while (image := video.read()) is not None:
                curves.append(seen(tracker.track(np.ascontiguousarray(image[:, :, ::-1]))))
    finally:
        tracker.close()
    chosen = np.array(curves)[alike[: len(curves)]]
    columns = {descriptor.value: chosen[:, k] for k, descriptor in enumerate(Descriptor)}
    return {
        name: float(np.nanstd(columns[f"{name}_left"] - columns[f"{name}_right"]))
        for name in _ALIKE
    }


def main() -> None:
    """Print what is measured beside what is used."""
    table = Table("descriptor", "on a still face", f"floor in use (x {TIMES_NOISE:.0f})")
    for descriptor, still, floor in zip(Descriptor, measure(), FLOORS, strict=True):
        table.add_row(descriptor, f"{still:.4f}", f"{floor:.4f}")
    Console().print(folded(table))
    table = Table("left - right", "of a face alike", f"floor in use (x {TIMES_APART:.0f})")
    for name, noise in measure_alike().items():
        table.add_row(name, f"{noise:.4f}", f"{SIDE_FLOORS[name]:.4f}")
    Console().print(folded(table))


if __name__ == "__main__":
    main()
