# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from x2c_motors.configuration.boards import make_driver
from x2c_motors.emulators.dynamixel_bus import DynamixelBus, crc16
from x2c_motors.errors import DriverError, Fault
from x2c_testing.motor_robots import SCALE, motor_robot, servo_section


@pytest.fixture
def bus(tmp_path):
    with DynamixelBus(tmp_path / "port", [1, 2, 3]) as made:
        yield made


@pytest.fixture
def driver(bus, tmp_path):
    section = servo_section("dynamixel", bus.link, baudrate=1_000_000)
    made = make_driver(motor_robot(tmp_path, section))
    made.open()
    yield made
    made.close()


def test_the_emulated_checksum_is_that_of_the_manual():
    # e-Manual, protocol 2.0, "Ping" example.
    packet = bytes([0xFF, 0xFF, 0xFD, 0x00, 0x01, 0x03, 0x00, 0x01])
    assert crc16(packet) == 0x4E19


def test_a_write_is_one_packet_with_every_goal(bus, driver):
    driver.read()
    bus.received.clear()
    driver.write([0.1, np.nan, -0.5])
    driver.read()
    goals = {1: round(2048 + 0.1 * SCALE), 3: round(2048 - 0.5 * SCALE)}
    data = b"".join(bytes([one]) + goal.to_bytes(4, "little") for one, goal in goals.items())
    packet = b"\xff\xff\xfd\x00\xfe\x11\x00\x83\x74\x00\x04\x00" + data
    assert bytes(bus.received).startswith(packet + crc16(packet).to_bytes(2, "little"))


def test_what_was_sent_is_what_servos_then_measure(bus, driver, wait_until):
    sent = driver.write([0.3, -0.3, 0.123456])
    driver.torque(True)
    wait_until(lambda: np.allclose(driver.read(), sent, atol=1e-9), what="the servos' goals")


def test_opening_moves_nothing_and_sets_the_bus_watchdog(bus, driver):
    driver.read()
    assert not any(servo.torque for servo in bus.servos.values())
    assert set(bus.watchdogs.values()) == {25}


def test_a_bus_watchdog_that_has_struck_is_noticed_and_cleared(bus, driver):
    driver.prepare([0, 1, 2])
    driver.torque(True)
    driver.read()
    bus.watchdogs[2] = 0xFF
    assert {joint: state.holds for joint, state in driver.check([0, 1, 2]).items()} == {
        0: True,
        1: False,
        2: True,
    }
    driver.prepare([1])
    assert driver.check([1])[1].holds


def test_what_a_servo_loses_with_its_power_is_set_again(bus, driver):
    bus.servos[2].registers |= {112: 60, 100: 200, 101: 1}
    driver.prepare([0, 1, 2])
    driver.torque(True)
    assert all(state.holds for state in driver.check([0, 1, 2]).values())
    bus.servos[2].power_cycle()
    bus.watchdogs[2] = 0
    state = driver.check([1])[1]
    assert (state.holds, state.trouble) == (False, "")
    driver.prepare([1])
    driver.torque(True, [1])
    assert driver.check([1])[1].holds
    assert bus.watchdogs[2] == 25
    assert [bus.servos[2].registers[place] for place in (112, 100, 101)] == [60, 200, 1]


def test_a_servo_that_has_shut_down_or_is_another_one_is_given_no_torque(bus, driver):
    driver.prepare([0, 1, 2])
    driver.torque(True)
    driver.read()
    bus.hardware_errors[1], bus.servos[1].torque = 0b100000, False
    bus.modes[3], bus.servos[3].torque = 16, False
    states = driver.check([0, 1, 2])
    assert "jaw (id 1) has shut down: overload" in states[0].trouble
    assert states[1].holds
    assert "lid (id 3) is in operating mode 16, and was in 3" in states[2].trouble


def test_a_wrong_checksum_is_not_believed(bus, driver):
    bus.garble = lambda reply: reply[:9] + bytes([reply[9] ^ 1]) + reply[10:]
    np.testing.assert_array_equal(np.isnan(driver.read()), [True, False, False])
    assert driver.faults[Fault.GARBLED] == 1


def test_power_lost_in_the_middle_of_a_reply(bus, driver):
    bus.garble = lambda reply: reply[:20]
    np.testing.assert_array_equal(np.isnan(driver.read()), [False, True, True])


@pytest.mark.parametrize("noise", [b"\x00\x01\x02", b"\xff\xff\xfd", b"\xff" * 20])
def test_replies_after_noise_are_found(bus, driver, noise):
    bus.garble = lambda reply: noise + reply
    assert np.isfinite(driver.read()).any()


def test_a_port_that_somebody_has_is_told(bus, driver, tmp_path):
    other = make_driver(motor_robot(tmp_path, servo_section("dynamixel", bus.link)))
    with pytest.raises(DriverError, match="in use by another program"):
        other.open()


def test_health_tells_voltage_temperature_and_errors(bus, driver):
    bus.hardware_errors[3] = 0b100100
    health = driver.health()
    assert health.values["jaw: voltage [V], temperature [°C]"] == "5.0, 35"
    assert health.warnings == ("lid (id 3) reports overheating, overload; it needs a restart",)


def test_a_scan_finds_what_is_there(bus, driver):
    found = driver.scan()
    assert [(one.address, one.model, one.raw) for one in found] == [
        (1, "XL330-M288", 2048.0),
        (2, "XL330-M288", 2048.0),
        (3, "XL330-M288", 2048.0),
    ]
