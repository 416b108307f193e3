# SPDX-License-Identifier: Apache-2.0
"""The mapping network that comes with the robot `virtual`."""

import json

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


@pytest.mark.slow
def test_it_reads_faces_that_no_training_has_seen(x2c_here, tmp_path):
    data, here = tmp_path / "pairs", ("--robot", "virtual", "--workers", 1)
    made = x2c_here("collect", *here, "--samples", 240, "--seed", 4711, "--out", data)
    assert made.status == 0, made
    done = x2c_here("evaluate-network", *here, "--data", data, "--split", "train", "--json")
    assert done.status == 0, done
    found = json.loads(done.output)
    (network,) = found["networks"]
    for images in ("rendered", "transferred"):
        assert network[images]["rows"] >= 160
        assert network[images]["mae"] < 0.4 * found["always_neutral"]["mae"], images
