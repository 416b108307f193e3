# SPDX-License-Identifier: Apache-2.0
import sys

import pytest

from x2c_bringup.shared_files import PROFILE_VARIABLE, middleware_profile
from x2c_cli.doctor import devices, middleware, networks, software
from x2c_cli.doctor.finding import CheckResult
from x2c_core.robot.robot_file import load_robot
from x2c_node.robots import robot_folders


def verdicts(check):
    return {finding.subject: finding.verdict for finding in check()}


@pytest.mark.process
def test_every_complaint_says_what_to_do(monkeypatch):
    monkeypatch.setenv("MUJOCO_GL", "nonsense")
    monkeypatch.setenv(PROFILE_VARIABLE, "/no/such.xml")
    checks = (software.ros, software.rendering, middleware.settings, devices.cameras)
    findings = [finding for check in checks for finding in check()]
    assert {one.verdict for one in findings} >= {CheckResult.OK, CheckResult.FAIL}
    assert all(one.advice for one in findings if one.verdict is not CheckResult.OK)


def test_this_environment_has_ros_and_all_packages():
    assert verdicts(software.ros) == {"ROS 2": CheckResult.OK, "packages": CheckResult.OK}


@pytest.mark.parametrize(
    ("profile", "verdict"),
    [("", CheckResult.WARN), ("/no/such.xml", CheckResult.FAIL), (None, CheckResult.OK)],
)
def test_the_profile_is_looked_at(monkeypatch, profile, verdict):
    monkeypatch.setenv(PROFILE_VARIABLE, str(middleware_profile()) if profile is None else profile)
    assert verdicts(middleware.settings)["Fast DDS profile"] is verdict


def test_a_network_that_cannot_be_used_is_told(monkeypatch, tmp_path):
    yaml = (robot_folders()["virtual"] / "robot.yaml").read_text()
    (tmp_path / "robot.yaml").write_text(yaml)
    monkeypatch.setattr(networks, "robot_folders", lambda: {"mine": tmp_path})
    assert verdicts(networks.networks) == {"ONNX Runtime": CheckResult.OK}
    load_robot(tmp_path).network.write_bytes(b"no network")
    found = list(networks.networks())
    assert found[1].subject == "network of mine"
    assert found[1].verdict is CheckResult.FAIL
    assert "export-network" in found[1].text


def test_without_onnx_runtime_only_one_backend_is_lost(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    (finding,) = networks.networks()
    assert finding.verdict is CheckResult.WARN
    assert "pip install onnxruntime" in finding.advice


def test_robots_are_read():
    assert verdicts(devices.robots) == {"robot": CheckResult.OK}


def installed(tmp_path, monkeypatch, *versions):
    """Make these versions of NumPy the ones that are found, each in a folder of its own."""
    folders = []
    for number, version in enumerate(versions):
        folder = tmp_path / str(number)
        metadata = folder / f"numpy-{version}.dist-info" / "METADATA"
        metadata.parent.mkdir(parents=True)
        metadata.write_text(f"Metadata-Version: 2.1\nName: numpy\nVersion: {version}\n")
        folders.append(str(folder))
    monkeypatch.setattr(sys, "path", folders)


def test_two_versions_of_numpy_are_named(monkeypatch, tmp_path):
    installed(tmp_path, monkeypatch, "2.3.5", "1.26.4")
    (finding,) = software.numpy()
    assert finding.verdict is CheckResult.WARN
    assert f"2.3.5 in {tmp_path / '0'} and 1.26.4 in {tmp_path / '1'}" in finding.text
    assert "pip uninstall" in finding.advice


@pytest.mark.parametrize("versions", [("1.26.4",), ("2.3.5", "2.3.5")])
def test_one_version_of_numpy_is_fine(monkeypatch, tmp_path, versions):
    installed(tmp_path, monkeypatch, *versions)
    (finding,) = software.numpy()
    assert (finding.verdict, finding.text) == (CheckResult.OK, versions[0])
