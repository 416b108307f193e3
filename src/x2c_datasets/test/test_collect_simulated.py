# SPDX-License-Identifier: Apache-2.0
"""Collecting with real images, in real processes."""

import hashlib
import signal
import sys

import cv2
import numpy as np
import pytest

from x2c_datasets.card import values_plot
from x2c_datasets.collect.simulated import collect_simulated
from x2c_datasets.collection_settings import CollectionSettings
from x2c_datasets.errors import CollectError
from x2c_datasets.formats import layout, read_data_set
from x2c_node.robots import find_robot
from x2c_virtual_face.errors import RenderError

pytestmark = pytest.mark.slow

SETTINGS = CollectionSettings("virtual", samples=50, seed=11, frames=2, size=48)

PROGRAM = """
import sys
from pathlib import Path
from x2c_datasets.collection_settings import CollectionSettings
from x2c_datasets.collect.simulated import collect_simulated
from x2c_node.robots import find_robot

if __name__ == "__main__":
    settings = CollectionSettings("virtual", samples=50, seed=11, frames=2, size=48)
    collect_simulated(find_robot("virtual"), settings, Path(sys.argv[1]), 1, lambda pairs: None)
"""


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole") / "set"
    try:
        collect_simulated(find_robot("virtual"), SETTINGS, folder, 1, lambda pairs: None)
    except RenderError as error:
        pytest.skip(str(error))
    return folder


def digest(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def test_a_killed_run_resumes_and_gives_the_same_bytes_with_more_processes(
    whole, tmp_path, node_process, wait_until
):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    folder = tmp_path / "set"
    killed = node_process(command=[sys.executable, program, folder])
    wait_until(lambda: layout.parts(folder), "a first part")
    assert killed.running, "it ended before it could be killed"
    killed.stop(signal.SIGKILL)
    some = len(layout.parts(folder))
    assert some < SETTINGS.animations
    collect_simulated(find_robot("virtual"), SETTINGS, folder, 2, lambda pairs: None)
    assert digest(folder) == digest(whole)


def test_landmarks_lie_where_the_images_show_them(whole):
    data = read_data_set(whole, landmarks=True)
    for pair in list(data)[::5]:
        pixels = pair.landmark_pixels()
        assert (pixels[:468] > -5).all()
        assert (pixels[:468] < SETTINGS.size + 5).all()
        # The face's own left is on the right of the image.
        assert pixels[263, 0] > pixels[33, 0]


def test_looks_differ_between_animations_and_not_within(whole):
    data = read_data_set(whole)
    first = [pair.read_image()[:4, :4].mean(axis=(0, 1)) for pair in list(data)[:8]]
    assert np.abs(first[0] - first[1]).max() < 6
    assert np.ptp(first[::2], axis=0).max() > 20


def test_another_robot_is_refused_with_what_to_do(tmp_path):
    folder = tmp_path / "other"
    folder.mkdir()
    (folder / "robot.yaml").write_text(
        (find_robot("virtual") / "robot.yaml").read_text().replace("brow_inner_left:", "horn:")
    )
    settings = CollectionSettings("other", samples=2, seed=0, frames=2)
    with pytest.raises(CollectError, match=r"(?s)cannot be simulated here.*--topics"):
        collect_simulated(folder, settings, tmp_path / "set", 1, lambda pairs: None)


def test_the_plot_shows_the_values(whole, tmp_path):
    values_plot.save(read_data_set(whole).values(), tmp_path / "plot.png")
    plot = cv2.imread(str(tmp_path / "plot.png"))
    assert plot.shape[1] > 1000
    assert plot.std() > 10
    assert (whole / layout.VALUES_PLOT).read_bytes() == (tmp_path / "plot.png").read_bytes()
