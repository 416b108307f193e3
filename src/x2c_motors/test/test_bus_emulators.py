# SPDX-License-Identifier: Apache-2.0
import os
import select
from pathlib import Path

import pytest

from x2c_motors.emulators import pty_bus
from x2c_motors.emulators.dynamixel_bus import DynamixelBus
from x2c_motors.emulators.feetech_bus import FeetechBus
from x2c_motors.emulators.servo import Servo

PING = bytes.fromhex("FFFFFD0001030001194E")
"""Of the servo with id 1."""


def test_a_bus_whose_data_is_flushed_before_it_is_read_can_be_unplugged(
    tmp_path, monkeypatch, wait_until
):
    asked = []

    def always(read, *_):
        asked.append(read)
        return read, [], []

    bus = DynamixelBus(tmp_path / "port", [1])
    bus.plug()
    port = os.open(bus.link, os.O_RDWR | os.O_NOCTTY)
    monkeypatch.setattr(pty_bus.select, "select", always)
    wait_until(lambda: len(asked) > 2, what="a bus that reads though there is nothing")
    bus.unplug()
    os.close(port)


def test_a_bus_whose_answers_nobody_reads_can_be_unplugged(tmp_path, wait_until):
    bus = DynamixelBus(tmp_path / "port", [1])
    with bus:
        port = os.open(bus.link, os.O_RDWR | os.O_NOCTTY)
        os.write(port, PING)
        assert select.select([port], [], [], 60.0)[0], "no answer to a ping"
        for _ in range(4000):
            os.write(port, PING)
        wait_until(lambda: len(bus.received) == 4001 * len(PING), what="all pings")
    os.close(port)


def test_a_file_of_the_link_s_name_is_left_alone(tmp_path):
    taken = tmp_path / "port"
    taken.write_text("mine")
    bus = DynamixelBus(taken, [1])
    with pytest.raises(FileExistsError, match="exists already"):
        bus.plug()
    bus.unplug()
    assert taken.read_text() == "mine"


def test_a_link_to_something_else_is_left_alone(tmp_path):
    link = tmp_path / "port"
    link.symlink_to("/dev/null")
    with pytest.raises(FileExistsError, match="no link to a terminal"):
        DynamixelBus(link, [1]).plug()
    assert link.readlink() == Path("/dev/null")


def test_a_link_that_another_emulator_left_behind_is_taken_over(tmp_path):
    link = tmp_path / "port"
    link.symlink_to("/dev/pts/987654321")
    with DynamixelBus(link, [1]):
        assert link.exists()
    assert not link.is_symlink()


def test_a_limp_servo_sinks_to_its_bottom_and_stays_where_it_gets_torque(wait_until):
    servo = Servo(2048.0)
    servo.bottom, servo.sinking = 2000.0, 500.0
    wait_until(lambda: servo.position == 2000.0, what="the bottom")
    servo.enable_torque(True)
    servo.command(2100.0)
    wait_until(lambda: servo.position == 2100.0, what="the goal")
    servo.power_cycle()
    wait_until(lambda: servo.position == 2000.0, what="the bottom again")


@pytest.mark.parametrize("bus_class", [DynamixelBus, FeetechBus])
def test_power_is_gone_for_the_servos_that_are_named(bus_class, tmp_path):
    bus = bus_class(tmp_path / "port", [1, 2])
    for servo in bus.servos.values():
        servo.enable_torque(True)
    bus.power_cycle([2])
    assert [servo.torque for servo in bus.servos.values()] == [True, False]
    bus.power_cycle()
    assert not any(servo.torque for servo in bus.servos.values())
