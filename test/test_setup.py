# SPDX-License-Identifier: Apache-2.0
"""What sets the project up: mended wheels, progress of pip, environment, manifests, pins."""

import ast
import functools
import os
import re
import shutil
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

import pytest

import satisfied
from mend_wheels import NUMPY, PYTHON, mend, mend_text
from pip_install import Progress
from x2c_bringup.shared_files import set_middleware_defaults

ROOT = Path(__file__).parents[1]
PACKAGES = sorted(path.parent for path in ROOT.glob("src/*/package.xml"))
FOLDERS = {PYTHON: "/here/include/python3.12", NUMPY: "/here/site/numpy/core/include"}
EXPORT = """\
set_target_properties(x PROPERTIES
  INTERFACE_INCLUDE_DIRECTORIES "{python};{numpy}"
  INTERFACE_LINK_LIBRARIES "std_msgs::std_msgs__rosidl_generator_c"
)
target_include_directories(y INTERFACE "$<BUILD_INTERFACE:${{CMAKE_CURRENT_BINARY_DIR}}/include>")
"""
AS_BUILT = EXPORT.format(
    python="/opt/python/cp312-cp312/include/python3.12",
    numpy="/opt/python/cp312-cp312/lib/python3.12/site-packages/numpy/_core/include",
)
MENDED = EXPORT.format(python=FOLDERS[PYTHON], numpy=FOLDERS[NUMPY])


def test_include_folders_of_the_wheels_builder_become_this_machines():
    assert mend_text(AS_BUILT, FOLDERS) == MENDED


def test_mending_twice_changes_nothing():
    assert mend_text(MENDED, FOLDERS) == MENDED


def test_mended_files_follow_when_the_environment_moves():
    moved = {PYTHON: "/there is/include/python3.12", NUMPY: r"/there\1/numpy/_core/include"}
    expected = EXPORT.format(python=moved[PYTHON], numpy=moved[NUMPY])
    assert mend_text(MENDED, moved) == expected
    assert mend_text(expected, FOLDERS) == MENDED


def test_only_files_that_need_it_are_written(tmp_path):
    sound = tmp_path / "share/a/cmake/a.cmake"
    broken = tmp_path / "share/b/cmake/b.cmake"
    for path, text in ((sound, MENDED), (broken, AS_BUILT)):
        path.parent.mkdir(parents=True)
        path.write_text(text)
    assert mend(tmp_path, FOLDERS) == [broken]
    assert broken.read_text() == MENDED
    assert mend(tmp_path, FOLDERS) == []
    assert sorted(tmp_path.glob("share/*/cmake/*")) == [sound, broken]


def test_progress_counts_each_package_once_and_shows_how_much_of_it_has_come():
    progress = Progress()
    for line in (
        "Collecting ros-rclpy==9.1.2 (from -r requirements.txt (line 7))",
        "  Downloading ros_rclpy-9.1.2-cp311-cp311-manylinux_2_28_x86_64.whl (1.9 MB)",
        "Requirement already satisfied: numpy==1.26.4 in /x",
        "Collecting mujoco==3.3.7 (from -r requirements.txt (line 52))",
        "Progress 20000000 of 81000000",
    ):
        progress.read(line)
    assert progress.status(0) == "collecting 3 packages: mujoco 20 of 81 MB"


def test_progress_counts_what_is_installed():
    progress = Progress()
    progress.read("Installing collected packages: a, b, c")
    assert progress.status(2) == "installing 2 of 3 packages"
    assert progress.status(9) == "installing 3 of 3 packages"


@pytest.mark.process
@pytest.mark.parametrize("python", ["/nowhere/python3", "/bin/false"])
def test_setup_names_an_unsuitable_interpreter_and_changes_nothing(python):
    done = subprocess.run(
        [ROOT / "scripts/setup.sh"],
        env={**os.environ, "X2C_PYTHON": python},
        capture_output=True,
        text=True,
        timeout=400,
    )
    assert done.returncode == 1
    assert done.stderr == f"error: X2C_PYTHON={python} is not a Python 3.11 to 3.14\n"


def test_texts_and_commands_name_the_same_versions_of_python():
    setup = (ROOT / "scripts/setup.sh").read_text()
    (newest,) = re.findall(r"\^3\\\.1\[1-(\d)\]\$", setup)
    doctor = "src/x2c_cli/x2c_cli/doctor/software.py"
    texts = ("README.md", "CONTRIBUTING.md", "docs/installation.md")
    for file in (*texts, "scripts/setup.sh", doctor):
        named = re.findall(r"\b3\.11 to (3\.\d+)", (ROOT / file).read_text())
        assert set(named) == {f"3.1{newest}"}, file
    assert f"<= (3, 1{newest})" in (ROOT / doctor).read_text()


@pytest.mark.process
@pytest.mark.parametrize(
    ("given", "passed"),
    [
        ([], ["--out", "out/demo"]),
        (["CAMERA=0", "OUT=here"], ["--out", "here", "--camera", "0"]),
        (
            ['VIDEO=it\'s a "b".mp4', "ROBOT=r", "BACKEND=b"],
            [
                *("--out", "out/demo", "--video", 'it\'s a "b".mp4'),
                *("--robot", "r", "--backend", "b"),
            ],
        ),
    ],
)
def test_make_demo_passes_its_settings_on(tmp_path, given, passed):
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "scripts").mkdir()
    for script in ("scripts/setup.sh", "scripts/build.sh", "x2c"):
        (tmp_path / script).write_text('#!/bin/sh\nfor part; do echo "$part"; done\n')
        (tmp_path / script).chmod(0o755)
    done = subprocess.run(
        ["make", "--no-print-directory", "demo", *given],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
        timeout=400,
    )
    assert done.stdout.splitlines() == ["demo", *passed]


def environment(**given: str) -> dict[str, str]:
    """Return the variables after sourcing env.sh in a bare shell with the given ones."""
    done = subprocess.run(
        ["bash", "-euc", 'source "$1"; env -0', "_", ROOT / "scripts/env.sh"],
        env={"PATH": os.environ["PATH"], **given},
        capture_output=True,
        text=True,
        check=True,
        timeout=400,
    )
    return dict(line.split("=", 1) for line in done.stdout.split("\0") if line)


@pytest.mark.process
def test_environment_keeps_to_this_machine_and_lets_images_through():
    variables = environment()
    assert variables["ROS_AUTOMATIC_DISCOVERY_RANGE"] == "LOCALHOST"
    assert variables["FASTDDS_DEFAULT_PROFILES_FILE"] == profile("fastdds_localhost.xml")
    assert variables["RMW_IMPLEMENTATION"] == "rmw_fastrtps_cpp"
    assert variables["MUJOCO_GL"] in ("osmesa", "egl")


def profile(name: str) -> str:
    return str(ROOT / "config" / name)


@pytest.mark.process
@pytest.mark.parametrize(
    ("given", "chosen"),
    [
        ({"ROS_AUTOMATIC_DISCOVERY_RANGE": "SUBNET"}, "fastdds.xml"),
        ({"ROS_AUTOMATIC_DISCOVERY_RANGE": "OFF"}, "fastdds_localhost.xml"),
        # What ROS does not know it takes for LOCALHOST.
        ({"ROS_AUTOMATIC_DISCOVERY_RANGE": "localhost"}, "fastdds_localhost.xml"),
        ({"ROS_AUTOMATIC_DISCOVERY_RANGE": "SYSTEM_DEFAULT"}, "fastdds.xml"),
        ({"ROS_STATIC_PEERS": "192.0.2.7"}, "fastdds.xml"),
        # Entered before, for another range.
        (
            {
                "ROS_AUTOMATIC_DISCOVERY_RANGE": "SUBNET",
                "FASTDDS_DEFAULT_PROFILES_FILE": profile("fastdds_localhost.xml"),
            },
            "fastdds.xml",
        ),
        ({"FASTDDS_DEFAULT_PROFILES_FILE": profile("fastdds.xml")}, "fastdds_localhost.xml"),
    ],
)
def test_the_profile_fits_the_range_of_discovery(given, chosen):
    assert environment(**given)["FASTDDS_DEFAULT_PROFILES_FILE"] == profile(chosen)
    mine = dict(given)
    set_middleware_defaults(mine)
    assert Path(mine["FASTDDS_DEFAULT_PROFILES_FILE"]).name == chosen


@pytest.mark.process
def test_environment_leaves_the_users_settings():
    given = {
        "ROS_AUTOMATIC_DISCOVERY_RANGE": "SUBNET",
        "FASTDDS_DEFAULT_PROFILES_FILE": "/mine.xml",
        "MUJOCO_GL": "glfw",
    }
    assert environment(**given).items() >= given.items()


@pytest.mark.process
def test_environment_shuts_out_another_ros_on_the_machine():
    variables = environment(
        AMENT_PREFIX_PATH="/opt/ros/kilted",
        PYTHONPATH="/opt/ros/kilted/lib/python3.12/site-packages",
        RMW_IMPLEMENTATION="rmw_cyclonedds_cpp",
    )
    assert "/opt/ros" not in variables["AMENT_PREFIX_PATH"] + variables["PYTHONPATH"]
    assert variables["RMW_IMPLEMENTATION"] == "rmw_fastrtps_cpp"


@pytest.mark.process
def test_environment_entered_twice_is_the_same():
    once = environment()
    twice = environment(**{name: value for name, value in once.items() if name != "SHLVL"})
    for name in ("AMENT_PREFIX_PATH", "LD_LIBRARY_PATH", "PATH", "PYTHONPATH"):
        assert twice[name] == once[name]


@pytest.mark.parametrize("name", ["fastdds.xml", "fastdds_localhost.xml"])
def test_shared_memory_holds_a_full_hd_image_and_fits_a_container_seven_times(name):
    root = ET.parse(ROOT / "config" / name).getroot()
    (size,) = [int(e.text) for e in root.iter() if e.tag.endswith("segment_size")]
    assert size > 1920 * 1080 * 3
    assert 7 * size < 64 * 1024 * 1024


def setup_arguments(package: Path) -> dict[str, ast.expr]:
    """Return what setup.py hands to setup(), unevaluated."""
    tree = ast.parse((package / "setup.py").read_text())
    (call,) = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "setup"
    ]
    return {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)
def test_manifest_and_setup_say_the_same(package):
    manifest = ET.parse(package / "package.xml").getroot()
    assert manifest.findtext("name") == package.name
    assert manifest.findtext("license") == "Apache-2.0"
    newest = re.search(r"^## \[([\d.]+)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)[1]
    assert manifest.findtext("version") == newest
    if manifest.findtext("export/build_type") == "ament_cmake":
        return
    arguments = setup_arguments(package)
    for key in ("version", "description", "license"):
        assert ast.literal_eval(arguments[key]) == manifest.findtext(key)
    assert (package / "resource" / package.name).is_file()
    config = (package / "setup.cfg").read_text()
    assert config.count(f"$base/lib/{package.name}\n") == 2


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)
def test_every_executable_has_its_module(package):
    if not (package / "setup.py").exists():
        return
    entry_points = ast.literal_eval(setup_arguments(package).get("entry_points", ast.Dict([], [])))
    for line in entry_points.get("console_scripts", []):
        module, function = line.split(" = ")[1].split(":")
        tree = ast.parse((package / (module.replace(".", "/") + ".py")).read_text())
        assert function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def imports(package: Path) -> set[str]:
    """Return the top-level names that a package's modules import."""
    paths = list((package / package.name).rglob("*.py"))
    if package.name == "x2c_bringup":
        paths += (ROOT / "launch").glob("*.py")
    return imported(paths)


def imported(paths: Iterable[Path]) -> set[str]:
    """Return the top-level names that files import."""
    return set().union(*map(_imported_by, paths))


@functools.cache
def _imported_by(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names


KEYS = {
    "PIL": "python3-pil",
    "cv2": "python3-opencv",
    "hypothesis": "python3-hypothesis",
    "jinja2": "python3-jinja2",
    "matplotlib": "python3-matplotlib",
    "mujoco": "python3-mujoco-pip",
    "numpy": "python3-numpy",
    "onnxruntime": "python3-onnxruntime-pip",
    "psutil": "python3-psutil",
    "pytest": "python3-pytest",
    "rich": "python3-rich",
    "rosbags": "python3-rosbags-pip",
    "ruamel": "python3-ruamel.yaml",
    "scipy": "python3-scipy",
    "serial": "python3-serial",
    "skimage": "python3-skimage",
    "smbus2": "python3-smbus2",
    "torch": "python3-torch",
    "tornado": "python3-tornado",
    "yaml": "python3-yaml",
    "zmq": "python3-zmq",
}


def pins(file: str) -> dict[str, str]:
    """Return the versions that a requirements file names, all of them exact.

    Where it names several for different versions of Python, they are one text.
    """
    found: dict[str, str] = {}
    for line in (ROOT / file).read_text().splitlines():
        if line and not line.startswith(("#", "-")):
            name, version = line.split("==", 1)
            name = name.split("[")[0].lower().replace("_", "-")
            found[name] = f"{found[name]} {version}" if name in found else version
    return found


EXTRAS = pins("requirements-data.txt") | pins("requirements-train.txt")

WITHOUT_KEY = {
    "av",
    "daqp",
    "dynamixel_sdk",
    "lz4",
    "mcap",
    "onnx",
    "pyarrow",
    "ruckig",
    "safetensors",
    "threadpoolctl",
    "zstandard",
}
"""Modules that rosdep cannot install, all named as on the package index."""

OPTIONAL = {
    ("x2c_cli", "foxglove"),
    ("x2c_cli", "rerun"),
    ("x2c_datasets", "foxglove"),
    ("x2c_datasets", "rerun"),
    ("x2c_core", "distributed"),
    ("x2c_evaluation", "distributed"),
    ("x2c_evaluation", "pandas"),
    ("x2c_imitation", "torch"),
    ("x2c_sources", "audio_common_msgs"),
    ("x2c_sources", "piper"),
}
"""Packages and modules that these use where there are any, and do without where there are none."""


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)
def test_manifest_names_what_the_package_imports(package):
    manifest = ET.parse(package / "package.xml").getroot()
    named = {e.text for tag in ("depend", "exec_depend") for e in manifest.iter(tag)}
    third_party = imports(package) - {package.name} - sys.stdlib_module_names - WITHOUT_KEY
    third_party -= {module for user, module in OPTIONAL if user == package.name}
    assert {KEYS.get(name, name) for name in third_party} <= named


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)
def test_manifest_names_what_the_tests_import(package):
    manifest = ET.parse(package / "package.xml").getroot()
    tags = ("depend", "exec_depend", "test_depend")
    named = {e.text for tag in tags for e in manifest.iter(tag)}
    tests = list(ROOT.glob("src/*/test/**/*.py"))
    ours = {name for file in tests for name in (file.stem, file.parent.name)}
    ours |= {"performer", "x2c_testing"}
    mine = imported(file for file in tests if file.is_relative_to(package))
    third_party = mine - ours - {package.name} - sys.stdlib_module_names - WITHOUT_KEY
    # Tests are skipped without what the package does without.
    third_party -= {module for user, module in OPTIONAL if user == package.name}
    assert {KEYS.get(name, name) for name in third_party} <= named


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)
def test_manifest_names_no_library_that_only_tests_import(package):
    manifest = ET.parse(package / "package.xml").getroot()
    named = {e.text for e in manifest.iter("exec_depend")}
    libraries = {module for module, key in KEYS.items() if key in named}
    assert libraries <= imports(package)


def test_what_rosdep_cannot_install_is_among_the_requirements():
    names = {name.replace("_", "-") for name in WITHOUT_KEY}
    for package in PACKAGES:
        # Such a key makes rosdep run pip, which Ubuntu 24.04 forbids, unless it is there already.
        names.update(re.findall(r">python3-(\S+)-pip<", (package / "package.xml").read_text()))
    assert pins("requirements-ros.txt").keys() >= names
    assert (pins("requirements.txt") | EXTRAS).keys() >= names


LAYERS = (
    {"x2c_core"},
    {"x2c_node"},
    {"x2c_perception", "x2c_imitation", "x2c_sources", "x2c_actuation", "x2c_virtual_face"},
    {"x2c_bags", "x2c_motors"},
    {"x2c_datasets"},
    {"x2c_bringup", "x2c_evaluation", "x2c_training"},
    {"x2c_cli"},
)
"""Packages, each importing only those before its own group."""


def test_dependencies_point_down_only():
    assert {package.name for package in PACKAGES} == {"x2c_msgs", *set().union(*LAYERS)}
    for index, layer in enumerate(LAYERS):
        above = set().union(*LAYERS[index:])
        for name in layer:
            assert not imports(ROOT / "src" / name) & (above - {name}), name
            manifest = ET.parse(ROOT / "src" / name / "package.xml").getroot()
            named = {e.text for tag in ("exec_depend", "test_depend") for e in manifest.iter(tag)}
            assert not named & (above - {name}), name


def test_a_robot_installs_no_torch():
    """rosdep installs what packages and their tests depend on, of all packages up to a robot's."""
    wanted, found = ["x2c_bringup"], set()
    while wanted:
        name = wanted.pop()
        path = ROOT / "src" / name / "package.xml"
        if name not in found and path.is_file():
            manifest = ET.parse(path).getroot()
            wanted += [e.text for e in manifest if e.tag.endswith("depend")]
        found.add(name)
    assert "x2c_imitation" in found
    assert "python3-torch" not in found


@pytest.mark.process
def test_imitating_and_the_demo_need_no_extras_and_a_robot_no_simulation():
    program = """
import sys
extras = "distributed mediapipe onnx onnxscript pyarrow scipy skimage tensorboard torch"
sys.modules.update(dict.fromkeys(extras.split()))
robot_lacks = "mujoco x2c_virtual_face x2c_datasets x2c_evaluation x2c_training"
sys.modules.update(dict.fromkeys(robot_lacks.split()))
import x2c_bringup.checks.preflight, x2c_bringup.graph.node_specs, x2c_bringup.graph.replay
import x2c_bringup.launching.launch_arguments, x2c_bringup.run.composed_run
import x2c_bags.bag_player_node, x2c_bags.recorder_node, x2c_motors.motor_driver_node
import x2c_perception.face_tracker_node, x2c_imitation.imitation_node
import x2c_actuation.actuation_node
for name in robot_lacks.split():
    del sys.modules[name]
import x2c_evaluation.run_report.demo_summary, x2c_cli.commands.imitation.demo
import x2c_virtual_face.virtual_face_node
"""
    subprocess.run([sys.executable, "-P", "-c", program], check=True, timeout=300)


def test_no_package_is_most_of_the_code():
    sizes = {
        package.name: sum(
            len(path.read_text().splitlines()) for path in (package / package.name).rglob("*.py")
        )
        for package in PACKAGES
    }
    assert max(sizes.values()) < 0.15 * sum(sizes.values()), sizes


def test_no_folder_holds_more_than_a_dozen_modules():
    folders = [path.parent for package in PACKAGES for path in package.rglob("*/__init__.py")]
    for folder in folders:
        modules = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
        assert len(modules) <= 12, folder


def test_the_settings_of_the_tests_need_what_is_pinned():
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    settings = tools["pytest"]["ini_options"]
    pinned = pins("requirements-dev.txt")
    assert pinned["pytest"].partition(".")[0] == settings["minversion"].partition(".")[0]
    plugins = {name for name in pinned if name.startswith("pytest-")}
    assert set(settings["required_plugins"]) == plugins


def test_pins_are_exact_and_agree_with_each_other():
    constraints = pins("constraints.txt")
    runtime = pins("requirements.txt")
    others = ("data", "train", "cluster", "viewers", "notebook", "microphone", "dev", "mediapipe")
    for pinned in (runtime, *(pins(f"requirements-{name}.txt") for name in others)):
        assert {name: constraints.get(name, version) for name, version in pinned.items()} == pinned
    known = runtime | EXTRAS
    for name, version in pins("requirements-ros.txt").items():
        assert known.get(name, version) == version


@pytest.mark.parametrize("file", ["constraints.txt", "requirements-ros.txt"])
def test_each_python_gets_one_version_of_each_package(file):
    for name, pinned in pins(file).items():
        conditions = re.findall(r'; python_version (\S+) "(3\.\d+)"', pinned)
        limits = {limit for _, limit in conditions}
        assert [operator for operator, _ in conditions] == ["<", ">="] * len(limits), name
        assert len(limits) <= 1, name


@pytest.mark.process
def test_setup_refuses_an_unknown_extra_and_changes_nothing():
    done = subprocess.run(
        [ROOT / "scripts/setup.sh"],
        env={**os.environ, "EXTRAS": "train sing"},
        capture_output=True,
        text=True,
        timeout=400,
    )
    assert done.returncode == 1
    assert done.stderr == (
        "error: unknown extra 'sing' in EXTRAS; there are: data, train, cluster, viewers, "
        "notebook, microphone, test\n"
    )


def test_the_demo_needs_neither_torch_nor_mediapipe_nor_all_of_colcon():
    runtime = pins("requirements.txt").keys()
    assert not runtime & {"torch", "mediapipe", "jax", "onnx", "scipy", "distributed", "pyarrow"}
    assert "colcon-common-extensions" not in runtime


def test_what_is_installed_is_not_looked_up_again(tmp_path):
    more = tmp_path / "more.txt"
    more.write_text(f"# As it is here.\nnumpy=={metadata.version('numpy')}\n")
    file = tmp_path / "all.txt"
    file.write_text("-c constraints.txt\n-r more.txt\n")
    assert satisfied.missing([file]) == []
    more.write_text('numpy==0.1\nno-such-package==1; python_version < "3"\nanother==1\n')
    assert satisfied.missing([file]) == ["numpy==0.1", "another==1"]


@pytest.mark.process
def test_what_is_installed_already_needs_no_index(tmp_path):
    command = [sys.executable, "scripts/pip_install.py", str(tmp_path / "log"), "--no-index"]
    subprocess.run([*command, "--no-deps", "pytest"], cwd=ROOT, check=True, timeout=120)
    assert "already satisfied: pytest" in (tmp_path / "log").read_text(encoding="utf-8")
