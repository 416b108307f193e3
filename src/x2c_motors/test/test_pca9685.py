# SPDX-License-Identifier: Apache-2.0
import errno
import fcntl
import os

import numpy as np
import pytest
import smbus2

from x2c_motors.configuration.boards import make_driver
from x2c_motors.emulators.pca9685_chip import (
    FULL_OFF,
    MODE1,
    PRESCALE,
    SLEEP,
    Pca9685Chip,
    bus_class,
)
from x2c_motors.errors import DriverError, Fault
from x2c_testing.motor_robots import channel_section, motor_robot

TICK = 1e6 * 122 / 25e6
"""Length of a tick at 50 Hz [µs]."""


@pytest.fixture
def chip(monkeypatch):
    made = Pca9685Chip()
    monkeypatch.setattr(smbus2, "SMBus", bus_class(made))
    return made


@pytest.fixture
def driver(chip, tmp_path):
    made = make_driver(motor_robot(tmp_path, channel_section("pca9685")))
    made.open()
    yield made
    made.close()


def test_opening_sets_the_frequency_and_begins_no_pulse(chip, driver):
    assert chip.registers[PRESCALE] == 121
    assert not chip.registers[MODE1] & SLEEP
    assert all(chip.ticks(channel) is None for channel in range(16))
    assert np.isnan(driver.read()).all()


def test_pulses_are_as_long_as_positions_say(chip, driver):
    sent = driver.write([0.0, 0.5, -0.5])
    expected = [round((1500 + p * 2000 / np.pi) / TICK) for p in (0.0, 0.5, -0.5)]
    assert [chip.ticks(channel) for channel in (0, 1, 5)] == expected
    assert sent == pytest.approx([(t * TICK - 1500) * np.pi / 2000 for t in expected])
    np.testing.assert_allclose(driver.read(), sent, atol=1e-9)


def test_a_joint_left_alone_keeps_its_pulse(chip, driver):
    driver.write([0.1, 0.2, 0.3])
    before = chip.ticks(5)
    driver.write([0.2, 0.1, np.nan])
    assert chip.ticks(5) == before


def test_a_chip_is_of_one_driver_at_a_time(chip, driver, tmp_path):
    other = make_driver(motor_robot(tmp_path / "other", channel_section("pca9685")))
    for _ in range(2):
        with pytest.raises(DriverError, match="in use by another program") as caught:
            other.open()
        assert caught.value.fault is Fault.ABSENT
    driver.close()
    other.open()
    other.close()


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOSYS, errno.ENOLCK, errno.EPERM])
def test_a_kernel_without_locks_keeps_no_servo_from_moving(chip, tmp_path, monkeypatch, number):
    def refuse(*arguments):
        raise OSError(number, "no such locks")

    monkeypatch.setattr(fcntl, "fcntl", refuse)
    driver = make_driver(motor_robot(tmp_path, channel_section("pca9685")))
    driver.open()
    driver.write([0.1, 0.2, 0.3])
    driver.close()
    assert chip.ticks(0) is not None


def test_a_bus_that_is_closed_twice_closes_no_other_file(chip, driver):
    driver.close()
    other = os.open(os.devnull, os.O_RDONLY)
    driver.close()
    os.close(other)


def test_pulses_survive_a_new_connection(chip, driver):
    sent = driver.write([0.1, 0.2, 0.3])
    driver.close()
    driver.open()
    np.testing.assert_allclose(driver.read(), sent, atol=1e-9)


def test_torque_off_ends_the_pulses(chip, driver):
    driver.write([0.1, 0.2, 0.3])
    driver.torque(False, [1])
    assert chip.ticks(1) is None
    assert chip.ticks(0) is not None
    assert chip.registers[6 + 4 + 3] & FULL_OFF


def test_lost_power_is_noticed_before_anything_is_sent(chip, driver):
    driver.write([0.1, 0.2, 0.3])
    chip.power_cycle()
    with pytest.raises(DriverError, match="power was gone") as caught:
        driver.write([0.1, 0.2, 0.3])
    assert caught.value.fault is Fault.LOST
    assert all(chip.ticks(channel) is None for channel in range(16))


def test_channels_that_were_switched_off_are_noticed(chip, driver):
    driver.write([0.1, 0.2, 0.3])
    chip.registers[6 + 4 + 3] |= FULL_OFF
    assert [state.holds for state in driver.check([0, 1, 2]).values()] == [True, False, True]


def test_a_frequency_that_was_changed_is_a_lost_connection(chip, driver):
    chip.registers[PRESCALE] = 30
    with pytest.raises(DriverError, match="frequency") as caught:
        driver.health()
    assert caught.value.fault is Fault.LOST


def test_a_chip_that_does_not_answer_is_lost(chip, driver):
    chip.there = False
    with pytest.raises(DriverError, match="address 0x40") as caught:
        driver.read()
    assert caught.value.fault is Fault.LOST


def test_a_bus_that_there_is_not(chip, tmp_path):
    driver = make_driver(motor_robot(tmp_path, channel_section("pca9685", bus=7)))
    with pytest.raises(DriverError, match="/dev/i2c-7") as caught:
        driver.open()
    assert caught.value.fault is Fault.ABSENT


def test_sixteen_channels_go_in_blocks_that_the_bus_takes(chip, tmp_path):
    names = tuple(f"joint_{i}" for i in range(16))
    section = channel_section("pca9685", channels=range(16), names=names)
    driver = make_driver(motor_robot(tmp_path, section, names))
    driver.open()
    driver.write(np.linspace(-0.5, 0.5, 16))
    lengths = [chip.ticks(channel) for channel in range(16)]
    assert lengths == sorted(lengths)
    assert None not in lengths
