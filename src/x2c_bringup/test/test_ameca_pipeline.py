# SPDX-License-Identifier: Apache-2.0
import shutil
from pathlib import Path

import numpy as np
import pytest
import zmq

from x2c_bringup.graph.node_specs import build_graph
from x2c_bringup.graph.options import GraphOptions
from x2c_bringup.run.composed import ComposedGraph
from x2c_core.control_space import controls
from x2c_core.ports import free_port
from x2c_node.robots import find_robot


@pytest.fixture
def port():
    return free_port()


@pytest.fixture
def ameca(tmp_path, port):
    """The robot's folder beside the virtual robot's, with another port."""
    for name in ("ameca", "virtual"):
        # What is installed is links.
        shutil.copytree(find_robot(name), tmp_path / name, symlinks=False)
    file = tmp_path / "ameca" / "robot.yaml"
    text = file.read_text()
    assert "port: 6666" in text
    file.write_text(text.replace("port: 6666", f"port: {port}"))
    return tmp_path / "ameca"


@pytest.fixture
def robot_side(port):
    with zmq.Context() as context, context.socket(zmq.SUB) as side:
        side.setsockopt(zmq.LINGER, 0)
        side.setsockopt(zmq.SUBSCRIBE, b"")
        side.connect(f"tcp://127.0.0.1:{port}")
        yield side


def frames_waiting(side):
    frames = []
    while side.poll(0):
        frames.append([float(part.decode("utf-8")) for part in side.recv_multipart()])
    return frames


def test_ameca_gets_the_performers_face_in_degrees_and_in_its_ranges(
    ros, ameca, robot_side, wait_until
):
    options = GraphOptions(
        filename="performer", loop=True, robot=str(ameca), log_level="error", namespace="ameca"
    )
    frames = []

    def moved():
        """Whether the face has opened its mouth, and turned its head by degrees, not radians."""
        frames.extend(frames_waiting(robot_side))
        spread = np.ptp(frames, axis=0) if frames else np.zeros(30)
        return (
            spread[controls.index("Jaw Pitch")] > 0.02 and spread[controls.index("Head Yaw")] > 1.0
        )

    with ComposedGraph(build_graph(options)) as composed:
        composed.start()
        wait_until(moved, what="the performer's face at the robot's side", timeout=180.0)
        said = composed.diagnoses()
    assert said["motor_driver_node"].values["motors"] in ("approaching", "following")
    values = np.array(frames)
    assert values.shape[1] == 30
    low = controls.to_upstream(controls.DEPLOYMENT_MINIMUM)
    high = controls.to_upstream(controls.DEPLOYMENT_MAXIMUM)
    assert (values >= low - 1e-9).all()
    assert (values <= high + 1e-9).all()
    np.testing.assert_allclose(values[0], controls.to_upstream(controls.NEUTRAL), atol=0.05)


def test_the_installed_folder_is_complete():
    folder = Path(find_robot("ameca"))
    for name in ("robot.yaml", "README.md", "CHANGELOG.md", "LICENSE"):
        assert (folder / name).is_file()
    assert (folder / "../virtual/expression_model.npz").is_file()
