# SPDX-License-Identifier: Apache-2.0
"""The generator draws the video that is shipped."""

import cv2
import numpy as np
import pytest

from x2c_perception.performer import performer_truth, performer_video
from x2c_perception.performer.script import SCRIPT


@pytest.mark.slow
def test_renderer_reproduces_the_shipped_video() -> None:
    pytest.importorskip("skimage", reason="the portrait is in scikit-image, a development tool")
    from performer.renderer import Renderer

    truth = performer_truth()
    wanted = {round(key.peak_time * 30) for key in SCRIPT[1::6]}
    renderer = Renderer()
    video = cv2.VideoCapture(str(performer_video()))
    compared = 0
    for number in range(len(truth.time)):
        image = video.read()[1]
        if number in wanted:
            drawn = renderer(truth.at(number)).astype(float)
            assert np.abs(drawn - image).mean() < 4.0, number
            compared += 1
    assert compared == len(wanted)
