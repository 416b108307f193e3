# SPDX-License-Identifier: Apache-2.0
import contextlib

import numpy as np
import pytest

from x2c_motors.configuration.boards import make_driver
from x2c_motors.drivers.maestro import crc7
from x2c_motors.emulators.maestro_board import CHECKSUM_ERROR, MaestroBoard
from x2c_motors.errors import DriverError, Fault
from x2c_testing.driver_faults import fault_of
from x2c_testing.motor_robots import REPLY_TIME, channel_section, motor_robot


def opened(tmp_path, board, **options):
    section = channel_section("maestro", port=str(board.link), **options)
    driver = make_driver(motor_robot(tmp_path, section))
    driver.open()
    return driver


@pytest.fixture
def board(tmp_path):
    with MaestroBoard(tmp_path / "port") as made:
        yield made


def test_the_checksum_is_that_of_the_manual():
    # Maestro User's Guide, 5.d: 0x83 0x01 is followed by 0x17.
    assert crc7(bytes([0x83, 0x01])) == 0x17


def test_neighbours_go_by_one_command_in_quarters_of_microseconds(board, tmp_path):
    driver = opened(tmp_path, board)
    board.received.clear()
    sent = driver.write([0.0, 0.1, -0.1])
    driver.health()
    ticks = [6000, round(4 * (1500 + 0.1 * 2000 / np.pi)), round(4 * (1500 - 0.1 * 2000 / np.pi))]
    halves = [[value & 0x7F, value >> 7] for value in ticks]
    expected = bytes([0x9F, 2, 0, *halves[0], *halves[1], 0x84, 5, *halves[2]])
    assert bytes(board.received).startswith(expected)
    assert sent == pytest.approx([(value / 4 - 1500) * np.pi / 2000 for value in ticks])
    np.testing.assert_allclose(driver.read(), sent, atol=1e-9)
    driver.close()


@pytest.mark.parametrize(("device", "crc"), [(12, False), (12, True), (-1, True)])
def test_device_numbers_and_checksums(tmp_path, device, crc):
    with MaestroBoard(tmp_path / "port", crc=crc) as board:
        driver = opened(tmp_path, board, device=device, crc=crc)
        driver.write([0.1, 0.1, 0.1])
        assert driver.health().warnings == ()
        assert board.targets[0] == board.targets[5] > 6000
        driver.close()


def test_a_board_that_lacks_setting_at_once(tmp_path):
    with MaestroBoard(tmp_path / "port", channels=6, at_once=False) as board:
        driver = opened(tmp_path, board, at_once=False)
        driver.write([0.1, 0.1, 0.1])
        assert driver.health().warnings == ()
        assert board.targets[1] == board.targets[5] > 6000
        driver.close()


def test_errors_in_its_register_are_told_and_counted(board, tmp_path):
    driver = opened(tmp_path, board)
    board.errors = CHECKSUM_ERROR
    assert driver.health().warnings == ("the Maestro reports errors: serial checksum",)
    assert driver.faults[Fault.REFUSED] == 1
    assert driver.health().warnings == ()
    driver.close()


def test_channels_without_pulses_are_not_known(board, tmp_path):
    driver = opened(tmp_path, board)
    assert np.isnan(driver.read()).all()
    driver.write([0.1, np.nan, np.nan])
    np.testing.assert_array_equal(np.isnan(driver.read()), [False, True, True])
    driver.torque(False)
    assert np.isnan(driver.read()).all()
    driver.close()


def test_channels_whose_pulses_have_ended_are_noticed(board, tmp_path):
    driver = opened(tmp_path, board)
    driver.write([0.1, 0.2, 0.3])
    driver.read()
    board.targets[1] = 0
    assert [state.holds for state in driver.check([0, 1, 2]).values()] == [True, False, True]
    driver.close()


def test_a_board_that_does_not_answer_is_silent(board, tmp_path):
    board.powered = False
    with pytest.raises(DriverError, match="no Maestro answers") as caught:
        opened(tmp_path, board)
    assert caught.value.fault is Fault.SILENT


def test_half_a_reply_is_no_position(board, tmp_path):
    driver = opened(tmp_path, board)
    board.garble = lambda reply: reply[:1]
    with pytest.raises(DriverError, match="no Maestro answers"):
        driver.read()
    driver.close()


def test_slow_replies_are_not_taken_for_the_next_answer(board, tmp_path, wait_until):
    driver = opened(tmp_path, board)
    board.delay = 2.0 * REPLY_TIME
    with pytest.raises(DriverError, match="no Maestro answers"):
        driver.read()
    board.delay = 0.0
    driver.write([0.2, 0.0, 0.0])
    found = []

    def answered():
        # Until the slow reply has come.
        with contextlib.suppress(DriverError):
            found.append(driver.read()[0])
        return found

    assert wait_until(answered, what="an answer")[0] == pytest.approx(0.2, abs=1e-3)
    driver.close()


def test_an_unplugged_board_is_lost(board, tmp_path):
    driver = opened(tmp_path, board)
    board.unplug()
    assert fault_of(lambda: driver.write([0.0, 0.0, 0.0]), driver.read) is Fault.LOST
    driver.close()
    board.plug()
    driver.open()
    driver.close()


def test_a_scan_lists_its_channels(tmp_path):
    with MaestroBoard(tmp_path / "port") as board:
        board.targets[2] = 4800
        driver = opened(tmp_path, board)
        found = driver.scan()
        assert [one.address for one in found] == list(range(12))
        assert found[2].raw == 1200.0
        assert found[3].notes == "no pulses"
        driver.close()
