# SPDX-License-Identifier: Apache-2.0
"""The mapping network that comes with the robot `virtual`."""

import json
import subprocess

import pytest

from x2c_core.robot.robot_file import load_robot
from x2c_imitation.x2cnet.runtime.predictor import load_predictor
from x2c_node.robots import find_robot

MOST_BYTES = 25_000_000


@pytest.fixture(scope="module")
def robot():
    return load_robot(find_robot("virtual"))


@pytest.mark.parametrize("runtime", ["onnx", "torch"])
def test_both_of_its_files_can_be_used(robot, runtime):
    assert load_predictor(robot.network, runtime).config.image_size > 0


def test_a_clone_does_not_get_large_for_it(robot):
    files = [path for path in robot.network.parent.glob("x2cnet.*") if path.suffix != ".md"]
    assert len(files) == 2
    assert sum(path.stat().st_size for path in files) <= MOST_BYTES


def test_it_reads_faces_that_no_training_has_seen(x2c, tmp_path):
    data = str(tmp_path / "pairs")
    words = ["--robot", "virtual", "--samples", "240", "--seed", "4711", "--out", data]
    subprocess.run([*x2c, "collect", *words], check=True, capture_output=True, timeout=400)
    words = ["--data", data, "--split", "train", "--json"]
    done = subprocess.run(
        [*x2c, "evaluate-network", *words], check=True, capture_output=True, timeout=400
    )
    found = json.loads(done.stdout)
    (network,) = found["networks"]
    for images in ("rendered", "transferred"):
        assert network[images]["rows"] >= 160
        assert network[images]["mae"] < 0.4 * found["always_neutral"]["mae"], images
