# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the tests of commands."""

import io
import sys

import pytest

from x2c_cli import cli
from x2c_motors.bring_up import joint_mover
from x2c_motors.drivers.feetech import FeetechDriver
from x2c_motors.emulators.feetech_bus import FeetechBus


@pytest.fixture
def x2c(monkeypatch, capsys):
    """Run the command with lines on its input; returns exit status and output."""

    def run(*words, answers=()):
        text = "".join(f"{one}\n" for one in answers)
        monkeypatch.setattr(sys, "stdin", io.StringIO(text))
        monkeypatch.setenv("COLUMNS", "120")
        with pytest.raises(SystemExit) as ended:
            cli.main([str(word) for word in words])
        said = capsys.readouterr()
        return ended.value.code, said.out + said.err

    return run


@pytest.fixture
def bus(tmp_path, monkeypatch):
    # Each id that nobody has costs a wait.
    monkeypatch.setattr(FeetechDriver, "scanned", (1, 2))
    monkeypatch.setattr(joint_mover, "SETTLING", 0.0)
    with FeetechBus(tmp_path / "port", [1, 2]) as made:
        yield made


@pytest.fixture
def calibrate(x2c, bus, tmp_path):
    """Calibrate a robot on the bus; returns exit status and output."""

    def run(*words, answers=()):
        place = ("--type", "feetech", "--port", bus.link, "--option", "reply_time=1.0")
        robot = ("--robot", tmp_path / "face", "--speed", 4)
        return x2c("motors", "calibrate", *robot, *place, *words, answers=answers)

    return run
