# SPDX-License-Identifier: Apache-2.0
import av
import numpy as np
import pytest

from x2c_core.control_space import controls
from x2c_core.control_space.controls_track import ControlsTrack
from x2c_core.errors import OutputError, VideoError
from x2c_core.robot.robot_file import load_robot
from x2c_evaluation.face_clip import draw, frames, write_image, write_video
from x2c_node.robots import find_robot
from x2c_virtual_face.errors import RenderError

pytestmark = pytest.mark.slow

TURNED = controls.from_names({"Head Yaw": 0.5})


@pytest.fixture(scope="module")
def robot():
    loaded = load_robot(find_robot("virtual"))
    try:
        draw(loaded, controls.NEUTRAL, (32, 32))
    except RenderError as error:
        pytest.skip(str(error))
    return loaded


def images(path):
    with av.open(str(path)) as film:
        return [frame.to_ndarray(format="rgb24").astype(int) for frame in film.decode(video=0)]


def test_an_image_shows_the_face_in_the_size_asked(robot, tmp_path):
    neutral, turned = (draw(robot, v, (64, 96)) for v in (controls.NEUTRAL, TURNED))
    assert neutral.shape == (96, 64, 3)
    assert np.abs(neutral.astype(int) - turned).mean() > 2.0
    write_image(tmp_path / "new" / "face.png", neutral)
    assert (tmp_path / "new" / "face.png").read_bytes().startswith(b"\x89PNG")


def test_a_film_follows_its_track(robot, tmp_path):
    track = ControlsTrack(np.array([0.0, 0.5]), np.stack([controls.NEUTRAL, TURNED]))
    done = []
    write_video(tmp_path / "a.mp4", robot, track, (64, 64), 10.0, False, done.append)
    shown = images(tmp_path / "a.mp4")
    assert len(shown) == frames(track, 10.0) == done[-1] == 6
    away = [np.abs(image - shown[0]).mean() for image in shown]
    assert np.argmax(away) == 5
    assert 0.0 < away[2] < away[5]


def test_servos_arrive_later_than_the_values(robot, tmp_path):
    track = ControlsTrack(np.array([0.0, 0.1, 1.5]), np.stack([controls.NEUTRAL, TURNED, TURNED]))
    shown = {}
    for dynamics in (False, True):
        path = tmp_path / f"{dynamics}.mp4"
        write_video(path, robot, track, (64, 64), 20.0, dynamics)
        shown[dynamics] = images(path)
    apart = [np.abs(a - b).mean() for a, b in zip(*shown.values(), strict=True)]
    # The codec leaves some difference between images of the same face.
    assert apart[2] > 3.0 * apart[-1]


def test_where_nothing_can_be_written_it_says_so(robot, tmp_path):
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" / "face.png"
    with pytest.raises(OutputError, match=f"cannot write {path}"):
        write_image(path, np.zeros((16, 16, 3), np.uint8))
    path = tmp_path / "file" / "face.mp4"
    track = ControlsTrack(np.zeros(1), controls.NEUTRAL[None])
    with pytest.raises(VideoError, match=f"cannot write {path}"):
        write_video(path, robot, track, (32, 32), 30.0, False)
