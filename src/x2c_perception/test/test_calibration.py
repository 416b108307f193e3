# SPDX-License-Identifier: Apache-2.0
"""Calibration files of cameras."""

import pytest
import yaml

from x2c_perception.cameras.calibration import load_calibration
from x2c_perception.cameras.calibration_url import calibration_path
from x2c_perception.errors import CameraCalibrationError


@pytest.fixture
def write(tmp_path):
    def write(**changes):
        content = {
            "image_width": 640,
            "image_height": 480,
            "camera_name": "camera",
            "camera_matrix": {"rows": 3, "cols": 3, "data": [500, 0, 320, 0, 500, 240, 0, 0, 1]},
            "distortion_model": "plumb_bob",
            "distortion_coefficients": {"rows": 1, "cols": 5, "data": [0.1, 0.01, 0, 0, 0]},
            "rectification_matrix": {"rows": 3, "cols": 3, "data": [1, 0, 0, 0, 1, 0, 0, 0, 1]},
            "projection_matrix": {
                "rows": 3,
                "cols": 4,
                "data": [500, 0, 320, 0, 0, 500, 240, 0, 0, 0, 1, 0],
            },
            **changes,
        }
        path = tmp_path / "camera info.yaml"
        path.write_text(yaml.safe_dump(content))
        return path

    return write


def test_a_calibration_is_read_from_an_address_or_a_path(write):
    path = write()
    for url in (path.as_uri(), str(path)):
        calibration = load_calibration(url)
        assert (calibration.width, calibration.height) == (640, 480)
        assert calibration.k[2] == 320.0
        assert len(calibration.p) == 12


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"image_width": "wide"}, "image_width must be a positive integer, got 'wide'"),
        ({"image_height": 0}, "image_height"),
        ({"camera_matrix": {"data": [1.0, 2.0]}}, "camera_matrix: data must be 9 finite"),
        ({"projection_matrix": [1] * 12}, "projection_matrix"),
        ({"distortion_model": "fancy"}, "unknown distortion_model 'fancy'; known are plumb_bob"),
        ({"distortion_coefficients": {"data": [float("nan")] * 5}}, "distortion_coefficients"),
        ({"rectification_matrix": {"data": ["1"] * 9}}, "rectification_matrix"),
    ],
)
def test_what_is_wrong_with_a_calibration_is_told(write, changes, reason):
    with pytest.raises(CameraCalibrationError, match=reason):
        load_calibration(str(write(**changes)))


@pytest.mark.parametrize("content", ["", "- 1\n- 2\n", "{unclosed", "\x80"])
def test_a_file_that_is_no_calibration_is_refused(tmp_path, content):
    path = tmp_path / "bad.yaml"
    path.write_text(content, encoding="latin-1")
    with pytest.raises(CameraCalibrationError, match=r"bad\.yaml"):
        load_calibration(str(path))


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(CameraCalibrationError, match="cannot read"):
        load_calibration((tmp_path / "gone.yaml").as_uri())


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://example.org/camera.yaml", "expected file:///"),
        ("flash:///", "expected file:///"),
        ("package://no_such_package/camera.yaml", "no package 'no_such_package'.* source"),
        ("file:///${HOSTNAME}.yaml", r"expected \$\{NAME\} or \$\{ROS_HOME\}, got \$\{HOSTNAME\}"),
    ],
)
def test_other_addresses_are_refused(url, said):
    with pytest.raises(CameraCalibrationError, match=said):
        load_calibration(url)


def test_addresses_as_drivers_use_them_are_resolved(write, tmp_path, monkeypatch):
    path = write()
    index = tmp_path / "share/ament_index/resource_index/packages"
    index.mkdir(parents=True)
    (index / "some_cam").touch()
    monkeypatch.setenv("AMENT_PREFIX_PATH", str(tmp_path))
    monkeypatch.setenv("ROS_HOME", str(tmp_path / "home"))
    for place in ("share/some_cam/config", "home/camera_info"):
        (tmp_path / place).mkdir(parents=True)
        path.rename(tmp_path / place / "left eye.yaml")
        path = tmp_path / place / "left eye.yaml"
        url = {
            "share/some_cam/config": "package://some_cam/config/${NAME}.yaml",
            "home/camera_info": "file://${ROS_HOME}/camera_info/${NAME}.yaml",
        }[place]
        assert load_calibration(url, "left eye").width == 640
    monkeypatch.delenv("ROS_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert calibration_path("${ROS_HOME}/a.yaml", "x") == tmp_path / ".ros/a.yaml"


def test_numbers_without_a_point_are_numbers(write):
    path = write()
    path.write_text(path.read_text().replace("0.01", "1e-05"))
    assert load_calibration(str(path)).d[1] == 1e-5
