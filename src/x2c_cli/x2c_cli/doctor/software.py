# SPDX-License-Identifier: Apache-2.0
"""Checks of Python, ROS 2, and the libraries that see and draw faces."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from xml.etree import ElementTree

from ament_index_python import PackageNotFoundError, get_package_share_directory

from x2c_cli.doctor.finding import Finding, fail, ok, warn

_DISTRIBUTIONS = {"7": "Jazzy", "9": "Kilted"}
"""ROS 2 distributions by the major version of rclpy."""

_PACKAGES = (
    "x2c_core",
    "x2c_msgs",
    "x2c_node",
    "x2c_perception",
    "x2c_imitation",
    "x2c_sources",
    "x2c_actuation",
    "x2c_virtual_face",
    "x2c_motors",
    "x2c_bags",
    "x2c_datasets",
    "x2c_evaluation",
    "x2c_training",
    "x2c_bringup",
)

_TIMEOUT = 60.0

# Each runs in a process of its own: a broken driver or wheel can end the one it is loaded into.
_RENDER = """
import mujoco
model = mujoco.MjModel.from_xml_string(
    '<mujoco><worldbody><light pos="0 0 2"/><geom size="1"/></worldbody></mujoco>')
data = mujoco.MjData(model)
mujoco.mj_forward(model, data)
with mujoco.Renderer(model, 64, 64) as renderer:
    renderer.update_scene(data)
    assert renderer.render().any()
print(mujoco.__version__)
"""

_SEE = """
import sys
import numpy
from x2c_perception.errors import TrackerError
from x2c_perception.tracking.face_mesh_tracker import FaceMeshTracker
try:
    FaceMeshTracker().track(numpy.zeros((64, 64, 3), numpy.uint8))
except TrackerError as error:
    sys.exit(str(error))
import onnxruntime
print(f"its networks run on ONNX Runtime {onnxruntime.__version__}")
"""


def python() -> Iterator[Finding]:
    """Check the interpreter and the number of cores."""
    version = ".".join(map(str, sys.version_info[:3]))
    if (3, 11) <= sys.version_info[:2] <= (3, 14):
        yield ok("Python", f"{version} at {sys.executable}")
    else:
        yield warn("Python", version, "Python 3.11 to 3.14 are tested")
    cores = len(os.sched_getaffinity(0))
    if cores >= 2:
        yield ok("CPU", f"{cores} cores")
    else:
        yield warn("CPU", "1 core", "expect a lower rate: figures are measured with two cores")


def ros() -> Iterator[Finding]:
    """Check the ROS 2 distribution and the project's packages."""
    try:
        manifest = Path(get_package_share_directory("rclpy")) / "package.xml"
    except PackageNotFoundError:
        yield fail(
            "ROS 2", "rclpy is in no ROS prefix", "source your ROS 2, or start through ./x2c"
        )
        return
    version = ElementTree.parse(manifest).findtext("version") or "?"  # noqa: S314 - our own prefix
    distribution = _DISTRIBUTIONS.get(version.partition(".")[0])
    if distribution:
        yield ok("ROS 2", f"{distribution} (rclpy {version})")
    else:
        yield warn("ROS 2", f"rclpy {version}", "Jazzy and Kilted are tested")
    missing = [package for package in _PACKAGES if not _installed(package)]
    if missing:
        text = f"not built: {', '.join(missing)}"
        yield fail("packages", text, "run 'make build', or 'colcon build' in your workspace")
    else:
        yield ok("packages", "all built")


def faces() -> Iterator[Finding]:
    """Check that the face tracker works here."""
    worked, text = _run(_SEE)
    if worked:
        yield ok("face tracker", text)
    else:
        yield fail("face tracker", text, "install what requirements.txt pins (make setup)")


def numpy() -> Iterator[Finding]:
    """Check that no two versions of NumPy are found, as of apt and of pip."""
    # The first that is found is the one that is imported.
    installed = metadata.distributions(name="numpy", path=sys.path)
    found = {one.version: one.locate_file("") for one in reversed(list(installed))}
    if len(found) <= 1:
        yield ok("NumPy", next(iter(found), "not installed by a package manager"))
        return
    text = " and ".join(f"{version} in {place}" for version, place in reversed(found.items()))
    advice = (
        "what was built for one of them can fail with the other; keep the one of your ROS 2 (apt) "
        "and remove the other: pip uninstall --break-system-packages numpy"
    )
    yield warn("NumPy", text, advice)


def rendering() -> Iterator[Finding]:
    """Check that MuJoCo can draw without a display."""
    backend = os.environ.get("MUJOCO_GL", "")
    worked, text = _run(_RENDER)
    if worked:
        yield ok("MuJoCo", f"{text}, draws through MUJOCO_GL={backend or '(default)'}")
        return
    advice = (
        "apt install libosmesa6 and set MUJOCO_GL=osmesa; "
        "or libegl1 and libgl1-mesa-dri with MUJOCO_GL=egl"
    )
    yield fail("MuJoCo", f"cannot draw with MUJOCO_GL={backend!r}: {text}", advice)


def _installed(package: str) -> bool:
    try:
        get_package_share_directory(package)
    except PackageNotFoundError:
        return False
    return True


def _run(program: str) -> tuple[bool, str]:
    """Run a small program; return whether it worked and the last line of what it said."""
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-c", program],
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False, f"no answer within {_TIMEOUT:g} s"
    said = (done.stdout if done.returncode == 0 else done.stderr).strip().splitlines()
    return done.returncode == 0, said[-1] if said else f"ended with {done.returncode}"
