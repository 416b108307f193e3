# SPDX-License-Identifier: Apache-2.0
"""Settings of offline evaluation."""

from contextlib import closing

import numpy as np
import pytest

from x2c_bags.frames.frame_source import Frame
from x2c_evaluation.pipeline.offline_pipeline import OfflinePipeline
from x2c_evaluation.pipeline.settings import EvaluationSettings, make_settings


@pytest.fixture(scope="session")
def settings() -> EvaluationSettings:
    """Everything at its default."""
    return make_settings()


START = 1_700_000_000_000_000_000
PERIOD = 33_333_333
FACE = "x2c_msgs/msg/FaceLandmarks"


@pytest.fixture(scope="session")
def performer_seen(images, settings):
    """What the pipeline makes of the images of the performer, each with its stamp."""
    found = []
    with closing(OfflinePipeline(settings, settings.robot())) as pipeline:
        for index, image in enumerate(images):
            stamp = START + index * PERIOD
            found.append((stamp, pipeline.follow(Frame(index, stamp, stamp, image))))
    return found


@pytest.fixture
def face_topics(writers, performer_seen):
    """What the pipeline publishes for the performer: faces, neutral faces, control values."""
    store = writers.store
    point = store.types["geometry_msgs/msg/Point"](x=0.0, y=0.0, z=0.0)
    quaternion = store.types["geometry_msgs/msg/Quaternion"](x=0.0, y=0.0, z=0.0, w=1.0)
    pose = store.types["geometry_msgs/msg/Pose"](position=point, orientation=quaternion)

    def message(face, stamp):
        return FACE, store.types[FACE](
            TRACKING=1,
            LOST=2,
            header=writers.header(stamp),
            image_width=face.width,
            image_height=face.height,
            landmarks=face.landmarks.astype(np.float32).ravel(),
            head=pose,
            confidence=face.confidence,
            state=int(face.state),
            track_id=face.track_id,
        )

    faces, neutrals, values = [], [], []
    for stamp, seen in performer_seen:
        faces.append((stamp + 1, message(seen.face, stamp)))
        if seen.neutral is not None:
            neutrals.append((stamp + 2, message(seen.neutral, stamp)))
        values.append((stamp + 3, writers.values(seen.frame.values, stamp, int(seen.frame.state))))
    return {"/face": faces, "/face/neutral": neutrals, "/control_values": values}
