# SPDX-License-Identifier: Apache-2.0
import threading
import time

import numpy as np
import pytest
import zmq

from x2c_core.control_space import controls
from x2c_core.ports import free_port
from x2c_motors.configuration.boards import make_driver
from x2c_motors.errors import DriverError, DriverSettingsError, Fault
from x2c_testing.driver_faults import fault_of
from x2c_testing.motor_robots import motor_robot
from x2c_testing.waiting import LONGEST_WAIT

JOINTS = {
    "jaw": {"control": "Jaw Pitch", "zero": 0.75},
    "brow": {"control": "Brow Inner Left", "zero": 0.5},
    "lid": {"control": "Head Yaw"},
}


@pytest.fixture
def port():
    return free_port()


@pytest.fixture
def make(tmp_path, port):
    made = []

    def make(**options):
        section = {"type": "ameca", "port": port, "joints": JOINTS, **options}
        made.append(make_driver(motor_robot(tmp_path, section)))
        return made[-1]

    yield make
    for driver in made:
        driver.close()


@pytest.fixture
def robot_side(port):
    with zmq.Context() as context, context.socket(zmq.SUB) as side:
        side.setsockopt(zmq.LINGER, 0)
        side.setsockopt(zmq.RCVTIMEO, 150_000)
        side.setsockopt(zmq.RECONNECT_IVL, 10)
        side.setsockopt(zmq.SUBSCRIBE, b"")
        side.connect(f"tcp://127.0.0.1:{port}")
        yield side


def open_when_there(driver):
    deadline = time.monotonic() + 30.0
    while True:
        try:
            return driver.open()
        except DriverError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def wait_until_counted(driver, subscribers, message):
    deadline = time.monotonic() + 30.0
    # Who sends too much is cut off, and is no subscriber.
    while len(message) < 1000 and driver.health().values["subscribers"] != subscribers:
        assert time.monotonic() < deadline
        driver.read()
        time.sleep(0.01)


def test_frames_are_thirty_decimals_of_ratios_and_degrees(make, robot_side):
    driver = make()
    open_when_there(driver)
    sent = driver.write([0.1, -0.25, np.deg2rad(12.5)])
    values = [float(part.decode("utf-8")) for part in robot_side.recv_multipart()]
    assert len(values) == 30
    expected = controls.to_upstream(controls.NEUTRAL)
    expected[[controls.index("Jaw Pitch"), controls.index("Brow Inner Left")]] = [0.85, 0.25]
    expected[controls.index("Head Yaw")] = 12.5
    assert values == pytest.approx(expected, abs=1e-4)
    assert sent == pytest.approx([0.1, -0.25, np.deg2rad(12.5)], abs=1e-4)


def test_thirty_one_parts_begin_with_the_time_of_sending(make, robot_side):
    driver = make(parts=31)
    open_when_there(driver)
    driver.write([0.0, 0.0, 0.0])
    parts = robot_side.recv_multipart()
    assert len(parts) == 31
    assert float(parts[0]) == pytest.approx(time.time(), abs=60.0)


def test_nothing_leaves_the_deployment_ranges(make, robot_side):
    driver = make()
    open_when_there(driver)
    driver.write([-9.0, 9.0, 9.0])
    values = np.array([float(part) for part in robot_side.recv_multipart()])
    assert (values >= controls.to_upstream(controls.DEPLOYMENT_MINIMUM) - 1e-9).all()
    assert (values <= controls.to_upstream(controls.DEPLOYMENT_MAXIMUM) + 1e-9).all()
    assert values[controls.index("Jaw Pitch")] == 0.5
    assert values[controls.index("Head Yaw")] == 20.0


def test_a_wider_range_than_the_deployment_range_is_refused(tmp_path):
    joints = {**JOINTS, "jaw": {"control": "Jaw Pitch", "raw": [0.0, 1.0]}}
    section = {"type": "ameca", "joints": joints}
    with pytest.raises(DriverSettingsError, match=r"jaw\.raw: expected a number from 0\.5 to 1"):
        make_driver(motor_robot(tmp_path, section))


def test_it_is_bound_to_this_machine_alone_where_no_address_is_given(make, port):
    driver = make()
    assert driver.place == f"tcp://127.0.0.1:{port}"
    assert make(bind="0.0.0.0").place == f"tcp://0.0.0.0:{port}"


def test_without_a_robot_there_is_nobody_to_talk_to(make, port):
    driver = make()
    with pytest.raises(DriverError, match="no robot has subscribed") as caught:
        driver.open()
    assert caught.value.fault is Fault.ABSENT


def test_a_robot_that_leaves_is_lost_and_found_again(make, port):
    driver = make()
    with zmq.Context() as context:
        for _ in range(2):
            with context.socket(zmq.SUB) as side:
                side.setsockopt(zmq.SUBSCRIBE, b"")
                side.connect(f"tcp://127.0.0.1:{port}")
                open_when_there(driver)
                driver.write([0.1, 0.1, 0.1])
                assert driver.read() == pytest.approx([0.1, 0.1, 0.1], abs=1e-4)
            assert fault_of(driver.read) is Fault.LOST
            driver.close()


@pytest.fixture
def stranger(port):
    with zmq.Context() as context, context.socket(zmq.XSUB) as side:
        side.setsockopt(zmq.LINGER, 0)
        side.setsockopt(zmq.SNDTIMEO, 30_000)
        side.connect(f"tcp://127.0.0.1:{port}")
        yield side


@pytest.mark.parametrize("message", [b"", b"hello", b"\0", b"\0never joined", bytes(100_000)])
def test_what_a_stranger_sends_neither_loses_the_robot_nor_makes_one(
    make, robot_side, stranger, message
):
    driver = make()
    open_when_there(driver)
    for _ in range(3):
        stranger.send(message)
    # The last one is heard after those before.
    stranger.send(b"\1")
    wait_until_counted(driver, "2", message)
    assert driver.write([0.1, 0.1, 0.1]) == pytest.approx([0.1, 0.1, 0.1], abs=1e-4)


def test_a_flood_of_a_stranger_does_not_keep_the_driver(make, robot_side, stranger):
    driver = make()
    open_when_there(driver)
    ending = threading.Event()

    def flood():
        while not ending.is_set():
            stranger.send(b"flood")

    thread = threading.Thread(target=flood)
    thread.start()
    try:
        for _ in range(20):
            driver.read()
    finally:
        ending.set()
        thread.join(LONGEST_WAIT)


def test_a_port_that_somebody_has_is_told(make, port):
    with zmq.Context() as context, context.socket(zmq.PUB) as other:
        other.bind(f"tcp://127.0.0.1:{port}")
        driver = make()
        with pytest.raises(DriverError, match="cannot bind"):
            driver.open()


def test_limp_motors_cannot_be_asked_of_it(make):
    with pytest.raises(DriverSettingsError, match=r"driver\.estop.*expected hold"):
        make(estop="torque_off")
