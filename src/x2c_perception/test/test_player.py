# SPDX-License-Identifier: Apache-2.0
"""Images handed on when they are due."""

import itertools
import time

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from x2c_perception.cameras.grabber import Grabber
from x2c_perception.cameras.image_files import StillImage
from x2c_perception.cameras.player import UNPACED_LIMIT, Pacer, Player
from x2c_perception.cameras.video.video_file import VideoFile


def test_images_in_time_are_due_at_equal_distances():
    pacer = Pacer(10.0)
    assert [round(pacer.due(now), 3) for now in (5.0, 5.01, 5.02, 5.35)] == [5.0, 5.1, 5.2, 5.3]


def test_a_late_image_does_not_make_the_next_ones_hurry():
    pacer = Pacer(10.0)
    pacer.due(0.0)
    assert pacer.due(1.0) == 1.0
    assert pacer.due(1.0) == pytest.approx(1.1)


@given(
    rate=st.floats(0.5, 500.0),
    waits=st.lists(st.floats(0.0, 3.0), min_size=2, max_size=30),
)
def test_no_image_is_due_long_before_now_or_close_to_the_last(rate, waits):
    pacer, due = Pacer(rate), []
    for now in itertools.accumulate(waits):
        due.append(pacer.due(now))
        assert due[-1] >= now - 1.0 / rate - 1e-9
    assert all(b - a >= (1.0 - 1e-9) / rate - 1e-9 for a, b in itertools.pairwise(due))


def play(source, **arguments):
    """Return a player and what it delivers: images and ages."""
    delivered, failures, ends = [], [], []
    grabber = Grabber(source)
    player = Player(
        grabber,
        lambda grabbed, age: delivered.append((grabbed.image, age, time.monotonic())),
        failures.append,
        lambda: ends.append(1),
        live=source.is_live,
        **arguments,
    )
    return player, delivered, failures, ends


def test_a_file_is_played_at_its_rate_and_ends_once(write_video, wait_until):
    source = VideoFile(write_video(images=6, rate=25.0))
    began = time.monotonic()
    player, delivered, _, ends = play(source)
    wait_until(lambda: player.finished, what="the end")
    player.stop()
    assert len(delivered) == 6
    assert ends == [1]
    # Late handing on shows as age, so the times of taking stay regular whatever the machine does.
    taken = np.array([at - age for _, age, at in delivered])
    # A busy machine may come between handing on and its note: that is late, never early.
    assert (taken - began >= 0.04 * np.arange(6) - 0.005).all()
    assert np.median(np.diff(taken)) >= 0.04 - 0.005


def test_unpaced_a_file_is_played_faster_but_within_the_limit(write_video, wait_until):
    source = VideoFile(write_video(images=50, rate=0.5))
    started = time.monotonic()
    player, delivered, _, _ = play(source, paced=False)
    wait_until(lambda: player.finished, what="the end")
    player.stop()
    assert len(delivered) == 50
    assert 49 / UNPACED_LIMIT - 0.01 <= time.monotonic() - started < 50 / 0.5


def test_a_receiver_that_fails_does_not_end_the_playing(write_video, wait_until):
    failures = []

    def fail(image, age):
        raise ValueError("cannot take it")

    grabber = Grabber(VideoFile(write_video(images=4)))
    player = Player(grabber, fail, failures.append, lambda: None, live=False, paced=False)
    wait_until(lambda: player.finished, what="the end")
    player.stop()
    assert len(failures) == 4


def test_a_file_waits_for_its_audience(write_video, wait_until):
    audience = []
    source = VideoFile(write_video(images=3))
    player, delivered, _, _ = play(source, ready=lambda: bool(audience), paced=False)
    time.sleep(0.1)  # Nothing is to happen, so there is nothing to wait for.
    assert not delivered
    audience.append(1)
    wait_until(lambda: player.finished, what="the end")
    player.stop()
    assert len(delivered) == 3


def test_stopping_is_quick_even_when_the_next_image_is_far_off(write_video, wait_until):
    player, delivered, _, _ = play(VideoFile(write_video(images=3, rate=25.0)), rate=0.01)
    wait_until(lambda: delivered, what="the first image")
    started = time.monotonic()
    player.stop()
    assert time.monotonic() - started < 5.0
    assert not player.finished


def test_a_still_image_is_repeated_at_the_rate_asked_for(tmp_path, portrait, wait_until):
    import cv2

    cv2.imwrite(str(tmp_path / "face.png"), portrait)
    player, delivered, _, _ = play(StillImage(tmp_path / "face.png"), rate=200.0)
    wait_until(lambda: len(delivered) >= 10, what="ten images")
    player.stop()


class Recorded(StillImage):
    """Three images with recorded stamps, unevenly spaced."""

    STAMPS = (1_700_000_000_000_000_000, 1_700_000_000_030_000_000, 1_700_000_000_200_000_000)

    def open(self):
        super().open()
        self._stamps = iter(self.STAMPS)

    def read(self):
        self.stamp = next(self._stamps, None)
        return None if self.stamp is None else super().read()


@pytest.fixture
def recorded(tmp_path):
    cv2.imwrite(str(tmp_path / "one.png"), np.zeros((4, 4, 3), np.uint8))
    return Recorded(tmp_path / "one.png")


def test_images_with_stamps_come_as_they_were_recorded(recorded, wait_until):
    player, delivered, _, _ = play(recorded)
    wait_until(lambda: player.finished, what="the end")
    player.stop()
    taken = np.array([at - age for _, age, at in delivered])
    first, second = np.diff(taken)
    assert second - first > 0.05


def test_another_rate_that_is_asked_for_replaces_recorded_times(recorded, wait_until):
    player, delivered, _, _ = play(recorded, rate=50.0)
    wait_until(lambda: player.finished, what="the end")
    player.stop()
    assert len(delivered) == 3
    taken = np.array([at - age for _, age, at in delivered])
    assert np.diff(taken)[1] < 0.17
