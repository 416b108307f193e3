# SPDX-License-Identifier: Apache-2.0
"""The robot drawn in a thread of its own."""

import threading
from contextlib import closing

import numpy as np
import pytest

from x2c_core.control_space import controls
from x2c_core.files.issues import Issues
from x2c_evaluation.offline.visuals.robot_artist import RobotArtist
from x2c_evaluation.offline.visuals.studio import RobotStudio
from x2c_virtual_face.errors import RenderError
from x2c_virtual_face.virtual_face import VirtualFace

pytestmark = pytest.mark.slow

LIMIT = 60.0

ANGRY = controls.from_names({"Jaw Pitch": 0.4, "Nose Wrinkle": 1.0})


def test_images_of_the_studio_are_those_of_an_artist(settings):
    robot = settings.robot()
    with closing(RobotStudio(robot)) as studio:
        studio.get_ready()
        drawn = [studio.draw(values, 64) for values in (ANGRY, controls.NEUTRAL)]
        drawn.append(studio.draw(ANGRY, 96))
        images = [one.result(LIMIT) for one in drawn]
    for values, image in zip((ANGRY, controls.NEUTRAL, ANGRY), images, strict=True):
        with RobotArtist(robot, len(image), Issues()) as artist:
            assert np.array_equal(image, artist.draw(values))


def test_a_closed_studio_draws_nothing_more(settings):
    with closing(RobotStudio(settings.robot())) as studio:
        pass
    assert studio.draw(ANGRY, 64).result(LIMIT) is None


def test_only_what_was_wanted_and_could_not_be_drawn_is_noted(settings, monkeypatch):
    threads = set()

    def refuse(face):
        threads.add(threading.current_thread())
        raise RenderError("there is no OpenGL")

    monkeypatch.setattr(VirtualFace, "render", refuse)
    issues = Issues()
    with closing(RobotStudio(settings.robot())) as studio:
        studio.get_ready()
        studio.report(issues)
        assert list(issues) == []
        assert [studio.draw(ANGRY, 64).result(LIMIT) for _ in range(2)] == [None, None]
        studio.report(issues)
        studio.report(issues)
    assert [str(one) for one in issues] == ["the robot cannot be drawn: there is no OpenGL"]
    assert len(threads) == 1
    assert threading.current_thread() not in threads
