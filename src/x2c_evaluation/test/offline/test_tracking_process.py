# SPDX-License-Identifier: Apache-2.0
"""Decoding and tracking in a process of its own: the same results, and what goes wrong is said."""

import os
import signal
import subprocess
import sys
from contextlib import closing

import cv2
import numpy as np
import pytest

from x2c_evaluation.offline.recording.evaluate import evaluate
from x2c_evaluation.offline.recording.job import EvaluationJob
from x2c_evaluation.offline.recording.store import as_text
from x2c_evaluation.offline.sources.choice import open_frames
from x2c_evaluation.offline.tracking.remote_tracking import RemoteRecording, RemoteTracking
from x2c_evaluation.offline.tracking.tracking_process import TrackingProcess
from x2c_evaluation.pipeline.neutral_source import NeutralSource
from x2c_evaluation.pipeline.offline_pipeline import TrackingThread
from x2c_evaluation.pipeline.tracked_frames import TrackingWish

pytestmark = pytest.mark.slow

START = 1_700_000_000_000_000_000
PERIOD = 33_333_333


def in_two_processes(job, progress=lambda done: None):
    with TrackingProcess() as process:
        process.get_ready()
        return evaluate(job, progress, process)


def expect_the_same(job):
    alone, apart = evaluate(job), in_two_processes(job)
    assert as_text(apart.result.to_json()) == as_text(alone.result.to_json())
    assert apart.frames == alone.frames
    assert apart.images == alone.images
    return apart


@pytest.fixture
def video(tmp_path, images):
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 25.0, (640, 480))
    for image in images[:20]:
        writer.write(image)
    writer.release()
    return path


def test_a_video_gives_the_same_bytes_and_progress(video, settings):
    told = []
    job = EvaluationJob("it", str(video), settings, clips=1)
    outcome = expect_the_same(job)
    in_two_processes(job, told.append)
    assert outcome.failed == ""
    assert outcome.result.source.sizes == {"640x480": 20}
    assert told == [10, 20, 20]


def test_what_is_found_amiss_in_a_bag_is_the_same(tmp_path, writers, images, settings):
    recorded = []
    for index, image in enumerate(images[:20]):
        stamp = START + index * PERIOD
        kind, message = writers.image(image, stamp)
        if index in (3, 4):
            message.data = message.data[: len(message.data) // 2]
        recorded.append((stamp, (kind, message)))
    bag = writers.write(tmp_path / "bag", {"/cam": recorded})
    file = next(bag.glob("*.mcap"))
    data = file.read_bytes()
    file.write_bytes(data[: len(data) * 2 // 3])
    outcome = expect_the_same(EvaluationJob("it", str(file), settings))
    assert outcome.lost
    assert any("breaks off" in one.text for one in outcome.result.issues)
    assert [one.count for one in outcome.result.issues if "truncated" in one.text] == [2]


def test_recorded_landmarks_give_the_same(tmp_path, writers, face_topics, settings):
    outcome = expect_the_same(
        EvaluationJob("it", str(writers.write(tmp_path / "bag", face_topics)), settings)
    )
    assert outcome.result.figures.errors["recorded"].largest == 0.0


def test_images_of_the_face_come_with_the_frames_where_they_are_wanted(video, settings):
    wish = TrackingWish(settings.tracking.settings, with_crops=True)
    with closing(TrackingThread(open_frames(str(video)), wish)) as tracking:
        here = list(tracking.frames())
    recording = RemoteRecording(str(video), "", NeutralSource.AUTO)
    with TrackingProcess() as process:
        there = list(RemoteTracking(process, recording, open_frames(str(video)), wish).frames())
    assert [frame for frame, _ in there] == [frame for frame, _ in here]
    crops = [seen.crop for _, seen in there]
    assert {crop.shape for crop in crops} == {(256, 256, 3)}
    assert np.array_equal(crops, [seen.crop for _, seen in here])


def test_a_process_that_dies_is_the_failure_of_the_recording(settings):
    def kill(done):
        (worker,) = process.pool._workers
        os.kill(worker._process.pid, signal.SIGKILL)

    with TrackingProcess() as process:
        outcome = evaluate(EvaluationJob("it", "performer", settings), kill, process)
    assert "a process ended in the midst of its work (Killed)" in outcome.failed


def test_a_process_that_is_not_used_ends_at_once(wait_until):
    with TrackingProcess() as process:
        assert not process.pool._workers
        process.get_ready()
        wait_until(lambda: process.pool._workers, what="the process to start")
        (worker,) = process.pool._workers
    assert worker._process.exitcode is not None


@pytest.mark.parametrize(
    ("begun", "more"),
    [
        ("x2c_evaluation.offline.tracking.remote_tracking", {"rich", "x2c_imitation"}),
        ("x2c_evaluation.pipeline.settings, x2c_evaluation.offline.run", set()),
    ],
)
def test_what_comes_after_the_last_frame_is_not_imported_first(begun, more):
    rest = {"rclpy", "rosbags", "pyarrow", "mujoco", "jinja2"} | more
    program = f"import sys, {begun}\nprint({rest!r} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-P", "-c", program],
        capture_output=True,
        text=True,
        check=True,
        timeout=400,
    )
    assert done.stdout.strip() == "set()"
