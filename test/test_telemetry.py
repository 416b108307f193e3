# SPDX-License-Identifier: Apache-2.0
"""What watches faces reports to nobody, and keeps no reports to send."""

import subprocess
import sys

import pytest

from x2c_core.robot.robot_file import load_robot
from x2c_node.robots import robot_folders

_TRACKER = """
import numpy
from x2c_perception.tracking.face_mesh_tracker import FaceMeshTracker
FaceMeshTracker().track(numpy.zeros((64, 64, 3), numpy.uint8))
"""

_NETWORK = """
import sys
from pathlib import Path
from x2c_imitation.x2cnet.runtime.predictor import load_predictor
load_predictor(Path(sys.argv[1]))
"""

_QUANTIZING = """
import x2c_imitation.x2cnet.runtime.quantize
"""


pytestmark = pytest.mark.process


@pytest.mark.parametrize(
    "program", [_TRACKER, _NETWORK, _QUANTIZING], ids=["tracker", "network", "quantizing"]
)
def test_networks_run_without_a_trace_in_the_home_of_the_user(program, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("ORT_DISABLE_TELEMETRY", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    network = str(load_robot(robot_folders()["virtual"]).network)
    # Asked of the program itself: a library may send at once what it keeps on no disk.
    asked = f"{program}\nimport os\nassert os.environ['ORT_DISABLE_TELEMETRY'] == '1'\n"
    subprocess.run([sys.executable, "-c", asked, network], check=True, timeout=300)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
