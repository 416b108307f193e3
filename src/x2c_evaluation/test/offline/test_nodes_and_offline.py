# SPDX-License-Identifier: Apache-2.0
"""Nodes over DDS and offline evaluation give the same control values, to the last bit."""

from __future__ import annotations

import json
import threading
from typing import Any

import numpy as np
import pytest
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from x2c_bags.frames.bag_frames import BagFrames
from x2c_bags.reading.bag_reader import BagReader
from x2c_core.face.frames import ControlState, FaceState
from x2c_core.files.issues import Issues
from x2c_evaluation.pipeline.offline_pipeline import imitate
from x2c_evaluation.pipeline.settings import make_settings
from x2c_imitation.imitation_node import ImitationNode
from x2c_imitation.pipeline.imitation_stage import ImitationStage
from x2c_msgs.msg import ControlValues, FaceLandmarks
from x2c_node import qos
from x2c_node.conversion.headers import to_nanoseconds, to_stamp
from x2c_node.conversion.images import bgr_to_image
from x2c_perception.face_tracker_node import FaceTrackerNode

pytestmark = pytest.mark.slow

START = 1_700_000_000_000_000_000
PERIOD = 33_333_333
FIRST = START - 10_000_000_000
LOOP = 45
"""Frame at which the stamps begin again."""


@pytest.fixture
def frames(images: list[Any]) -> list[tuple[int, Any]]:
    """Stamps and images: nothing, a person, nothing for long, the person again, then a loop.

    Nodes may be sent the first frame more than once until they have found each other; that changes
    nothing, since nothing is in it.
    """
    nothing = np.zeros_like(images[0])
    shown = [*images[:20], *[nothing] * 13, *images[20:32], *images[:25]]
    return [
        (FIRST, nothing),
        *((START + k % LOOP * PERIOD, image) for k, image in enumerate(shown)),
    ]


@pytest.fixture
def nodes(ros):
    """Start a node in this process, and stop it in the thread that spins it."""
    made = []

    def start(kind, **parameters):
        words = [w for k, v in parameters.items() for w in ("-p", f"{k}:={json.dumps(v)}")]
        made.append(kind(cli_args=["--ros-args", *words]))
        assert made[-1].start()
        return ros.add(made[-1])

    yield start
    for one in made:
        stopped = threading.Event()

        def stop(one=one, stopped=stopped):
            one.stop()
            stopped.set()

        timer = ros.node.create_timer(0.001, stop)
        assert stopped.wait(30.0)
        timer.cancel()


def _since_first(messages: list[Any]) -> list[Any]:
    return [one for one in messages if to_nanoseconds(one.header.stamp) != FIRST]


@pytest.mark.parametrize("backend", ["solver", "x2cnet"])
def test_the_same_images_give_the_same_control_values(
    backend, tmp_path, writers, frames, nodes, ros, wait_until, monkeypatch
):
    settings = make_settings(backend=backend)
    bag = writers.write(
        tmp_path / "bag",
        {
            "/image_raw": [
                (START + k * PERIOD, writers.image(image, stamp))
                for k, (stamp, image) in enumerate(frames)
            ]
        },
    )
    offline = imitate(
        BagFrames(BagReader(bag), "/image_raw"), settings, settings.robot(), Issues()
    ).curves
    assert offline.stamps.tolist() == [stamp for stamp, _ in frames]

    taken: list[int] = []
    calibrate = ImitationStage.calibrate

    def counted(stage: ImitationStage, neutral: Any, stamp: int | None = None) -> None:
        calibrate(stage, neutral, stamp)
        taken.append(stamp or 0)

    monkeypatch.setattr(ImitationStage, "calibrate", counted)
    nodes(ImitationNode, backend=backend)
    # The stamps are of no clock of today.
    nodes(FaceTrackerNode, use_sim_time=True)
    faces = ros.collect(FaceLandmarks, "face", qos.NEWEST)
    neutrals = ros.collect(FaceLandmarks, "face/neutral", qos.LATCHED)
    answers = ros.collect(ControlValues, "control_values", 10)
    camera = ros.publish(Image, "image_raw", qos.IMAGE_PUBLISHER)

    def send(stamp: int, image: Any) -> None:
        camera.publish(bgr_to_image(image, Header(stamp=to_stamp(stamp), frame_id="camera")))

    def found_each_other() -> bool:
        send(*frames[0])
        return bool(answers and faces)

    wait_until(found_each_other, what="an answer to the first frame")
    for stamp, image in frames[1:]:
        sent = len(_since_first(answers))
        send(stamp, image)
        wait_until(
            lambda sent=sent: len(_since_first(answers)) > sent and len(taken) >= len(neutrals),
            what=f"control values for {stamp}",
        )

    answers, faces = ([one[0], *_since_first(one)] for one in (answers, faces))
    assert [to_nanoseconds(one.header.stamp) for one in answers] == offline.stamps.tolist()
    values = np.array([one.values for one in answers], dtype=np.float32)
    different = np.flatnonzero((values != offline.values.astype(np.float32)).any(axis=1))
    assert different.tolist() == []
    assert [one.state for one in answers] == offline.control_states.tolist()
    assert [one.track_id for one in faces] == offline.persons.tolist()
    # The recording has it all: faces lost and held, a loop, neutral faces of two persons.
    assert FaceState.LOST in offline.face_states
    assert ControlState.HOLDING in offline.control_states
    assert (np.diff(offline.stamps) < 0).sum() == 1
    assert len(neutrals) >= 2
