# SPDX-License-Identifier: Apache-2.0
"""What docs/deployment.md says: messages alone, the image of a container, uninstalling."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DOCKERFILE = ROOT / "docker" / "Dockerfile"
JOINED = """\
# Every generated source of C++ includes the same long headers: those of a library are compiled as
# one. Targets are known when the package's own lines have been read.
function(join)
  get_property(targets DIRECTORY PROPERTY BUILDSYSTEM_TARGETS)
  list(FILTER targets INCLUDE REGEX "__rosidl_typesupport_(c|cpp|fastrtps_c|.*_cpp)$")
  set_property(TARGET ${targets} PROPERTY UNITY_BUILD ON)
endfunction()
cmake_language(DEFER CALL join)
"""
IMPORT = (
    "from x2c_msgs.msg import ActuationState, ControlValues, FaceLandmarks;"
    "import x2c_msgs; print(x2c_msgs.__file__)"
)


@pytest.mark.process
@pytest.mark.slow
@pytest.mark.skipif(
    shutil.which("colcon") is None or shutil.which("c++") is None,
    reason="needs colcon and a C++ compiler",
)
def test_messages_build_alone(tmp_path):
    shutil.copytree(ROOT / "src" / "x2c_msgs", tmp_path / "src" / "x2c_msgs")
    joined = tmp_path / "joined.cmake"
    joined.write_text(JOINED)
    ours = str(ROOT / "install")
    # Nothing of this repository may help: only ROS itself is there.
    prefixes = os.environ["AMENT_PREFIX_PATH"].split(":")
    ros = ":".join(one for one in prefixes if not one.startswith(ours))
    without = {
        name: ":".join(one for one in os.environ.get(name, "").split(":") if str(ROOT) not in one)
        for name in ("PYTHONPATH", "COLCON_PREFIX_PATH")
    }
    environment = os.environ | without | {"AMENT_PREFIX_PATH": ros, "CMAKE_PREFIX_PATH": ros}
    command = [
        *(sys.executable, "-m", "colcon", "--log-level", "error", "build"),
        *("--merge-install", "--event-handlers", "console_cohesion+", "--cmake-args"),
        *("-DBUILD_TESTING=OFF", f"-DPython3_EXECUTABLE={sys.executable}"),
        f"-DCMAKE_PROJECT_INCLUDE={joined}",
    ]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=540
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (site,) = (tmp_path / "install").glob("lib/python3*/*-packages")
    libraries = f"{tmp_path / 'install' / 'lib'}:{environment.get('LD_LIBRARY_PATH', '')}"
    environment |= {"PYTHONPATH": str(site), "LD_LIBRARY_PATH": libraries}
    used = subprocess.run(
        [sys.executable, "-c", IMPORT],
        env=environment,
        capture_output=True,
        text=True,
        timeout=150,
    )
    assert used.stdout.strip() == str(site / "x2c_msgs" / "__init__.py"), used.stderr


def test_the_image_copies_what_there_is():
    text = DOCKERFILE.read_text()
    copied = re.findall(r"^COPY (\S+) ", text, re.MULTILINE)
    assert "." in copied
    assert all((ROOT / one).exists() for one in copied)
    for package in re.findall(r"x2c_\w+", re.search(r'PACKAGES="(.*)"', text)[1]):
        assert (ROOT / "src" / package / "package.xml").is_file()
    assert os.access(ROOT / "docker" / "entrypoint.sh", os.X_OK)


def test_the_image_has_the_system_packages_of_the_guide():
    guide = (ROOT / "docs" / "installation.md").read_text()
    (wanted,) = re.findall(r"sudo apt install (.*libosmesa6)", guide)
    assert set(wanted.split()) <= set(DOCKERFILE.read_text().split())


def test_no_recording_goes_into_an_image():
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {".git", "out", "recordings", "build", "install", ".venv*"} <= set(ignored)


def test_machines_without_a_network_are_given_the_pip_of_the_setup():
    guide = (ROOT / "docs" / "deployment.md").read_text()
    (pinned,) = re.findall(r"\bpip==[\d.]+", (ROOT / "scripts" / "setup.sh").read_text())
    assert set(re.findall(r"\bpip==[\d.]+", guide)) == {pinned}
    for start, file in re.findall(r"grep '\^(\w+==)' (\S+\.txt)", guide):
        assert re.search(rf"^{start}", (ROOT / file).read_text(), re.MULTILINE)
    files = re.findall(r"-r (?:\w+/)*(requirements[\w-]*\.txt)", guide)
    assert files
    assert all((ROOT / file).is_file() for file in files)
