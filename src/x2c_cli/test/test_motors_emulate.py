# SPDX-License-Identifier: Apache-2.0
import signal
import sys

import pytest

from x2c_motors.drivers.feetech import FeetechDriver

COMMAND = (sys.executable, "-P", "-m", "x2c_cli.cli", "motors")


@pytest.mark.parametrize(
    ("kind", "found"), [("feetech", "3 found"), ("dynamixel", "3 found"), ("maestro", "7 found")]
)
def test_emulated_motors_are_found_by_a_scan_until_ctrl_c(
    node_process, x2c, tmp_path, monkeypatch, kind, found
):
    # Each id that nobody has costs a wait, which is long, as the emulator is another process.
    monkeypatch.setattr(FeetechDriver, "scanned", range(3, 8))
    link = tmp_path / "bus"
    emulator = node_process(command=[*COMMAND, "emulate", kind, "--ids", "4-6", "--link", link])
    emulator.wait_for("Ctrl-C ends it")
    place = ("--type", kind, "--port", link, "--option", "reply_time=1.0")
    baudrate = () if kind == "maestro" else ("--baudrate", 1_000_000)
    status, said = x2c("motors", "scan", *place, *baudrate)
    assert status == 0, said
    assert found in said
    assert emulator.stop(signal.SIGINT) == 0
    assert not link.is_symlink()


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("feetech", "--ids", "1-254"), "expected 0 to 253 for feetech, got 1 to 254"),
        (("dynamixel", "--ids", "253"), "expected 0 to 252 for dynamixel, got 253 to 253"),
        (("maestro", "--ids", "0-24"), "expected 0 to 23 for maestro, got 0 to 24"),
        (("feetech", "--ids", "5-2"), "expected the lower number first, got '5-2'"),
        (("ameca",), "type: unknown motor emulator 'ameca'; expected one of: dynamixel, fee"),
    ],
)
def test_motors_that_cannot_be_are_refused(x2c, tmp_path, words, why):
    status, said = x2c("motors", "emulate", *words, "--link", tmp_path / "bus")
    assert status == 2
    assert why in said


def test_a_port_is_never_made_in_place_of_a_file(x2c, tmp_path):
    (tmp_path / "bus").write_text("mine")
    status, said = x2c("motors", "emulate", "feetech", "--link", tmp_path / "bus")
    assert status == 2
    assert "exists already" in said
    assert (tmp_path / "bus").read_text() == "mine"


def test_a_port_in_a_folder_that_is_not_there_is_refused(x2c, tmp_path):
    status, said = x2c("motors", "emulate", "maestro", "--link", tmp_path / "none" / "bus")
    assert status == 2
    assert "No such file or directory" in said
