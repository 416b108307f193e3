# SPDX-License-Identifier: Apache-2.0
"""Choice of a recording's frames by the user's text: a data set, a bag or a camera source."""

from __future__ import annotations

from pathlib import Path

from x2c_bags.frames.frame_source import FrameSource
from x2c_core.sources.camera_source import CAMERA_SOURCES
from x2c_core.system.cluster import absolute
from x2c_evaluation.errors import EvaluationError
from x2c_evaluation.offline.sources.camera_frames import CameraFrames
from x2c_evaluation.pipeline.neutral_source import NeutralSource

_BAG = "bag"
"""Name of the camera source that reads bags."""


def names_source(text: str) -> bool:
    """Return whether a text is "NAME" or "NAME:TEXT" with the name of a camera source."""
    return CAMERA_SOURCES.names_one(text)


def path_of(text: str) -> str:
    """Return the path of a recording; empty for one that is no file, such as "performer".

    The path may not exist, except that of "NAME:PATH": another TEXT there is no path.
    """
    if not names_source(text):
        return text
    path = text.partition(":")[2]
    return path if path and Path(path).expanduser().exists() else ""


def with_absolute_path(source: str) -> str:
    """Return a recording with its path, also that in "NAME:PATH", from the root on."""
    path = path_of(source)
    return source.removesuffix(path) + absolute(path) if path else source


def open_frames(
    text: str, topic: str = "", neutral: NeutralSource = NeutralSource.AUTO
) -> FrameSource:
    """Return the frames of a recording.

    Args:
        text: Path of a data set, bag, video or folder of images; or "NAME:TEXT" with the name of
            a camera source, such as "performer". "bag:PATH" is the same as the path of a bag.
        topic: Topic of the frames in a bag; empty for the only one there is.
        neutral: Origin of the neutral face.

    Raises:
        X2CError: The recording cannot be read, or lacks the topic or the neutral face.
    """
    # What reads bags and data sets takes longer to import than a video to open.
    path = Path(text).expanduser()
    if names_source(text):
        name, _, named = text.partition(":")
        if name == _BAG:
            return _bag_frames(Path(named).expanduser(), topic, neutral)
        return CameraFrames(text)
    if path.exists():
        from x2c_bags.reading.files import is_bag
        from x2c_evaluation.offline.sources.data_set_frames import DataSetFrames, is_data_set

        if is_data_set(path):
            return DataSetFrames(path)
        if is_bag(path):
            return _bag_frames(path, topic, neutral)
    return CameraFrames(text)


def _bag_frames(path: Path, wanted: str, neutral: NeutralSource) -> FrameSource:
    from x2c_bags.frames.bag_frames import FACE, BagFrames
    from x2c_bags.frames.topic_choice import choose_topic
    from x2c_bags.reading.bag_reader import BagReader
    from x2c_bags.schema.topics import Part

    reader = BagReader(path)
    topic = choose_topic(reader, wanted)
    landmarks = reader.topics[topic].message_type == FACE
    has_neutral = Part.NEUTRAL_FACE in reader.parts.values()
    if neutral is NeutralSource.RECORDED and not has_neutral:
        raise EvaluationError(f"{path} holds no neutral face: choose another --calibration")
    auto = neutral is NeutralSource.AUTO and landmarks and has_neutral
    return BagFrames(reader, topic, auto or neutral is NeutralSource.RECORDED)
