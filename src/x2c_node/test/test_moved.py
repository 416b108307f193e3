# SPDX-License-Identifier: Apache-2.0
import os
import sys

import pytest

from x2c_node import moved


def test_a_moved_executable_runs_with_the_same_words(monkeypatch, tmp_path, capsys):
    ran = []
    monkeypatch.setattr(moved, "get_package_prefix", lambda package: str(tmp_path))
    monkeypatch.setattr(os, "execv", lambda program, words: ran.append((program, words)))
    monkeypatch.setattr(sys, "argv", ["old", "--ros-args", "-p", "robot:=virtual"])
    moved.run_moved("x2c_motors", "motor_driver_node")
    program = tmp_path / "lib" / "x2c_motors" / "motor_driver_node"
    assert ran == [(program, [str(program), "--ros-args", "-p", "robot:=virtual"])]
    assert "ros2 run x2c_motors motor_driver_node" in capsys.readouterr().err


def test_a_moved_executable_whose_package_is_not_there_says_what_to_install():
    with pytest.raises(SystemExit, match="now in the package x2c_no_such: install it"):
        moved.run_moved("x2c_no_such", "node")


def test_a_moved_executable_that_cannot_run_says_why(monkeypatch, tmp_path):
    monkeypatch.setattr(moved, "get_package_prefix", lambda package: str(tmp_path))
    with pytest.raises(SystemExit, match=r"cannot run .*nix: No such file"):
        moved.run_moved("x2c_motors", "nix")
