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


@pytest.fixture
def face_topics(writers, images, settings):
    """What the pipeline publishes for the performer: faces, neutral faces, control values."""
    store, robot = writers.store, settings.robot()
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
    with closing(OfflinePipeline(settings, robot)) as pipeline:
        for index, image in enumerate(images):
            stamp = START + index * PERIOD
            sight = pipeline.follow(Frame(index, stamp, stamp, image))
            faces.append((stamp + 1, message(sight.face, stamp)))
            if sight.neutral is not None:
                neutrals.append((stamp + 2, message(sight.neutral, stamp)))
            state = int(sight.frame.state)
            values.append((stamp + 3, writers.values(sight.frame.values, stamp, state)))
    return {"/face": faces, "/face/neutral": neutrals, "/control_values": values}
