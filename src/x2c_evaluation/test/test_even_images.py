# SPDX-License-Identifier: Apache-2.0
"""Images of uneven times are shown at an even rate."""

import numpy as np
import pytest

from x2c_core.sources.camera_source import CameraSource
from x2c_core.sources.source import SourceError
from x2c_evaluation.pipeline.even_images import even_images, source_images, source_period

SECOND = 1_000_000_000


def shown(times, period):
    """Return the numbers of the images that are shown."""
    numbered = [(round(time * SECOND), np.full((1, 1, 3), n)) for n, time in enumerate(times)]
    return [int(image[0, 0, 0]) for image in even_images(numbered, period)]


def test_images_at_even_times_stay_as_they_are():
    milliseconds = [round(n / 30, 3) for n in range(50)]
    assert shown(milliseconds, 1 / 30) == list(range(50))


def test_an_image_that_lasts_is_repeated_and_those_between_ticks_are_left_out():
    assert shown([0.0, 0.1, 0.4, 0.44, 0.5], 0.1) == [0, 1, 1, 1, 3, 4]


@pytest.mark.parametrize("leap", [3600.0, -3600.0])
def test_a_leap_in_time_lasts_one_period(leap):
    assert shown([0.0, 0.1, 0.1 + leap, 0.2 + leap], 0.1) == [0, 1, 2, 3]


def test_nothing_gives_nothing():
    assert shown([], 0.1) == []


class Uneven(CameraSource):
    """Three images, one of which cannot be read."""

    size = (1, 1)
    name = "uneven"

    def open(self):
        self._left = [0, 100_000_000, None, 300_000_000]

    def read(self):
        if not self._left:
            return None
        elapsed = self._left.pop(0)
        if elapsed is None:
            raise SourceError("damaged")
        self.elapsed = elapsed
        return np.full((1, 1, 3), elapsed // 100_000_000, np.uint8)

    def close(self):
        pass

    @property
    def rate(self):
        return 10.0


def test_an_image_that_cannot_be_read_ends_nothing():
    with Uneven() as source:
        assert source_period(source) == pytest.approx(0.1)
        assert [int(image[0, 0, 0]) for image in source_images(source)] == [0, 1, 1, 3]
