# SPDX-License-Identifier: Apache-2.0
import os

import pytest

from x2c_core.errors import RobotError
from x2c_core.robot.robot_file import FILE_NAME
from x2c_node.robots import RESOURCE_TYPE, find_robot, robot_folders


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Install a package with robots: install("package", "robot", ...) -> folder of its robots."""
    prefixes = []

    def add(package, *names):
        prefix = tmp_path / f"install_{package}"
        marker = prefix / "share" / "ament_index" / "resource_index" / RESOURCE_TYPE / package
        marker.parent.mkdir(parents=True)
        marker.write_text("share/robots\n", encoding="utf-8")
        folder = prefix / "share" / "robots"
        for name in names:
            (folder / name).mkdir(parents=True)
            (folder / name / FILE_NAME).touch()
        prefixes.append(str(prefix))
        monkeypatch.setenv("AMENT_PREFIX_PATH", os.pathsep.join(prefixes))
        return folder

    monkeypatch.setenv("AMENT_PREFIX_PATH", str(tmp_path))
    return add


def test_robots_of_all_packages_are_found(install):
    ours, theirs = install("ours", "virtual", "ameca"), install("theirs", "fox")
    assert robot_folders() == {
        "ameca": ours / "ameca",
        "fox": theirs / "fox",
        "virtual": ours / "virtual",
    }
    assert find_robot("fox") == theirs / "fox"


def test_two_robots_of_one_name_are_refused_with_their_folders(install):
    ours, theirs = install("ours", "fox"), install("theirs", "fox")
    with pytest.raises(RobotError, match="two robots are called 'fox'") as refusal:
        find_robot("fox")
    assert str(ours / "fox") in str(refusal.value)
    assert str(theirs / "fox") in str(refusal.value)


def test_folder_without_a_robot_file_is_no_robot(install):
    (install("ours", "virtual") / "notes").mkdir()
    assert list(robot_folders()) == ["virtual"]


def test_package_whose_folder_is_missing_has_no_robots(install):
    install("empty")
    assert robot_folders() == {}


@pytest.mark.parametrize("name", ["fox", "", "Virtual", "~"])
def test_unknown_name_is_refused_with_the_installed_robots(install, name):
    install("ours", "virtual", "ameca")
    with pytest.raises(RobotError, match=f"unknown robot '{name}'; .*robots: ameca, virtual"):
        find_robot(name)


def test_nothing_installed_is_said(install):
    with pytest.raises(RobotError, match="installed robots: none; or give the path of a folder"):
        find_robot("virtual")


def test_path_needs_no_installation(tmp_path, install, monkeypatch):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / FILE_NAME).touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for path in (str(folder), f"{folder}/", "./mine", "~/mine"):
        assert find_robot(path) == folder
    monkeypatch.chdir(folder)
    assert find_robot(".") == folder


@pytest.mark.parametrize("name", ["./nobody", "/nowhere/at/all", "..", "~/nobody"])
def test_path_without_a_robot_is_refused_with_what_is_expected(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(RobotError, match=r"no robot at /.*: expected a folder with a robot\.yaml"):
        find_robot(name)


def test_virtual_robot_is_installed():
    assert (find_robot("virtual") / FILE_NAME).is_file()


def test_without_the_environment_the_remedy_is_named(monkeypatch):
    monkeypatch.delenv("AMENT_PREFIX_PATH")
    with pytest.raises(RobotError, match=r"AMENT_PREFIX_PATH.*enter the environment first"):
        find_robot("virtual")
