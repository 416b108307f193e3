# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from x2c_motors.configuration.boards import make_driver
from x2c_motors.drivers.feetech import _StatusPackets, checksum
from x2c_motors.emulators.feetech_bus import FeetechBus
from x2c_motors.errors import Fault
from x2c_motors.serial_bus.status_frames import ReplyCollector
from x2c_testing.motor_robots import SCALE, motor_robot, servo_section
from x2c_testing.waiting import wait_until

pytestmark = pytest.mark.slow


@pytest.fixture
def bus(tmp_path):
    with FeetechBus(tmp_path / "port", [1, 2, 3]) as made:
        yield made


@pytest.fixture
def driver(bus, tmp_path):
    made = make_driver(motor_robot(tmp_path, servo_section("feetech", bus.link)))
    made.open()
    yield made
    made.close()


def wait_for_servos(bus):
    servos = bus.servos.values()
    wait_until(lambda: all(one.position == one.goal for one in servos), what="the servos' goals")


def test_a_write_is_one_packet_with_every_goal(bus, driver):
    sent = driver.write([0.1, -0.2, np.nan])
    driver.read()
    goals = [round(2048 + 0.1 * SCALE), round(2048 - 0.2 * SCALE)]
    body = bytes([0xFE, 10, 0x83, 42, 2, 1, *goals[0].to_bytes(2, "little"), 2])
    body += goals[1].to_bytes(2, "little")
    assert bytes(bus.received).startswith(b"\xff\xff" + body + bytes([checksum(body)]))
    assert sent[:2] == pytest.approx([(goal - 2048) / SCALE for goal in goals])
    assert np.isnan(sent[2])


def test_what_was_sent_is_what_servos_then_measure(bus, driver):
    sent = driver.write([0.3, -0.3, 0.123456])
    driver.read()
    wait_for_servos(bus)
    np.testing.assert_allclose(driver.read(), sent, atol=1e-9)


def test_direction_zero_scale_and_raw_range_hold(bus, tmp_path):
    section = servo_section("feetech", bus.link)
    section["joints"]["jaw"] = {"id": 1, "zero": 1000, "direction": -1, "raw": [900, 1100]}
    driver = make_driver(motor_robot(tmp_path, section))
    driver.open()
    assert driver.write([0.1, 0.0, 0.0])[0] == pytest.approx(65 / SCALE)
    assert driver.write([-0.5, 0.0, 0.0])[0] == pytest.approx(-100 / SCALE)
    driver.read()
    assert bus.servos[1].goal == 1100
    driver.close()


def test_a_wrong_checksum_is_not_believed(bus, driver):
    bus.garble = lambda reply: reply[:7] + bytes([reply[7] ^ 1]) + reply[8:]
    positions = driver.read()
    np.testing.assert_array_equal(np.isnan(positions), [True, False, False])
    assert driver.faults[Fault.GARBLED] == 1


def test_power_lost_in_the_middle_of_a_reply(bus, driver):
    bus.garble = lambda reply: reply[:12]
    np.testing.assert_array_equal(np.isnan(driver.read()), [False, True, True])


def test_replies_after_noise_are_found(bus, driver):
    bus.garble = lambda reply: b"\xff\x00\xff" + reply
    assert np.isfinite(driver.read()).all()


def test_torque_of_some_joints(bus, driver):
    driver.write([0.0, 0.0, 0.0])
    driver.torque(False, [1])
    driver.read()
    assert [servo.torque for servo in bus.servos.values()] == [True, False, True]
    driver.torque(False)
    driver.read()
    assert not any(servo.torque for servo in bus.servos.values())


def test_what_a_servo_loses_with_its_power_is_set_again(bus, driver):
    bus.servos[2].registers |= {41: 50, 46: 100, 48: 20, 49: 3}
    driver.prepare([0, 1, 2])
    driver.write([0.0, 0.0, 0.0])
    assert all(state.holds for state in driver.check([0, 1, 2]).values())
    bus.servos[2].power_cycle()
    assert [state.holds for state in driver.check([0, 1, 2]).values()] == [True, False, True]
    driver.prepare([1])
    driver.torque(True, [1])
    assert driver.check([1])[1].holds
    assert [bus.servos[2].registers[place] for place in (41, 46, 48, 49)] == [50, 100, 20, 3]


def test_health_tells_voltage_temperature_and_alarms(bus, driver):
    bus.status[2] = 0b100100
    health = driver.health()
    assert health.values["jaw: voltage [V], temperature [°C]"] == "7.4, 31"
    assert health.warnings == ("brow (id 2) reports temperature, overload",)


def test_a_scan_finds_what_is_there(bus, driver, monkeypatch):
    monkeypatch.setattr(type(driver), "scanned", range(8))
    bus.servos[3].push(2000)
    found = driver.scan()
    assert [(one.address, one.raw) for one in found] == [(1, 2048.0), (2, 2048.0), (3, 2000.0)]
    assert found[0].model == "model 777"


def test_the_older_series_is_big_endian_and_read_one_by_one(tmp_path):
    with FeetechBus(tmp_path / "port", [1, 2, 3], series="scs", start=511) as bus:
        section = servo_section("feetech", bus.link, series="scs")
        driver = make_driver(motor_robot(tmp_path, section))
        driver.open()
        sent = driver.write([0.2, 0.0, 0.0])
        driver.read()
        wait_for_servos(bus)
        np.testing.assert_allclose(driver.read(), sent, atol=1e-9)
        assert bus.servos[1].goal == round(511 + np.rad2deg(0.2) * 1024 / 300)
        driver.close()


def reply(address, data):
    body = bytes([address, len(data) + 2, 0]) + data
    return b"\xff\xff" + body + bytes([checksum(body)])


def replies_in(data, sizes):
    collector = ReplyCollector(_StatusPackets(), sizes)
    collector.feed(data)
    collector.end()
    return collector.replies, collector.garbled


@given(st.binary(max_size=60))
def test_bytes_of_any_kind_are_no_error(data):
    replies, garbled = replies_in(data, {1: 2, 255: 0})
    assert garbled >= 0
    assert all(len(content) == 2 for address, content in replies.items() if address == 1)


@given(
    st.lists(st.binary(max_size=5).filter(lambda noise: b"\xff" not in noise), max_size=4),
    st.lists(st.binary(min_size=2, max_size=2), min_size=3, max_size=3),
)
def test_whole_replies_are_found_among_noise(noise, contents):
    noise += [b""] * 4
    pieces = [
        one + reply(address, content)
        for address, (one, content) in enumerate(zip(noise, contents, strict=False), start=1)
    ]
    replies, garbled = replies_in(b"".join(pieces) + noise[3], dict.fromkeys((1, 2, 3), 2))
    assert replies == dict(enumerate(contents, start=1))
    assert garbled == sum(1 for one in noise if one)
