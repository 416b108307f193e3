# SPDX-License-Identifier: Apache-2.0
"""A camera that is not there is refused in terms of the options of the command."""

import pytest

from x2c_cli import camera_advice


@pytest.fixture
def devices(tmp_path, monkeypatch):
    monkeypatch.setattr(camera_advice, "_DEVICES", tmp_path)
    return tmp_path


@pytest.mark.parametrize("command", ["imitate", "demo"])
def test_a_missing_camera_is_refused_with_those_there_are(x2c, devices, command, tmp_path):
    (devices / "video0").touch()
    out = ("--out", tmp_path / "out") if command == "demo" else ()
    status, said = x2c(command, "--camera", "7", *out)
    assert status == 1
    assert f"there is no camera 7: {devices / 'video7'} does not exist" in said
    assert f"there is {devices / 'video0'}. Give --camera N, --video FILE" in said
    assert ("--image-topic" in said) == (command == "imitate")
    assert said.count("error:") == 1
    assert not (tmp_path / "out").exists()


def test_without_any_camera_it_says_so(x2c, devices):
    status, said = x2c("imitate")
    assert status == 1
    assert "there is no camera, and no --video is given" in said
    assert "this machine has no camera" in said


def test_a_topic_and_a_camera_at_once_are_refused(x2c):
    status, said = x2c("imitate", "--camera", "0", "--image-topic", "/camera/image_raw")
    assert status == 2
    assert "leave out --camera" in said


@pytest.mark.parametrize("option", ["--robot", "--backend"])
def test_typos_in_names_are_understood_once(x2c, option):
    typo, meant = {"--robot": ("virtul", "virtual"), "--backend": ("solvr", "solver")}[option]
    status, said = x2c("imitate", "--video", "performer", option, typo)
    assert status == 2
    assert f"did you mean {meant!r}?" in said
    assert said.count(typo) == 1
