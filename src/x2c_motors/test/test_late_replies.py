# SPDX-License-Identifier: Apache-2.0
"""No reply is ever taken for the answer to another question."""

import contextlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from x2c_motors.configuration.boards import make_driver
from x2c_motors.control.motor_link import LOST_AFTER
from x2c_motors.emulators.dynamixel_bus import DynamixelBus
from x2c_motors.emulators.feetech_bus import FeetechBus
from x2c_motors.emulators.maestro_board import MaestroBoard
from x2c_motors.errors import DriverError, Fault
from x2c_motors.serial_bus.reply_lengths import FORGET, ReplyLengths
from x2c_testing.motor_robots import SCALE, channel_section, motor_robot, servo_section
from x2c_testing.simulated_line import Fate, SimulatedLine

pytestmark = pytest.mark.slow

REPLY_TIME = 0.02
IDS = (1, 2, 3)

BUSES = {
    "dynamixel": lambda folder: (DynamixelBus(folder / "port", IDS), {"bus_watchdog": 0.0}),
    "feetech": lambda folder: (FeetechBus(folder / "port", IDS), {}),
    "scs": lambda folder: (FeetechBus(folder / "port", IDS, "scs", 511), {"series": "scs"}),
}


class Rig:
    """A driver of servos on a simulated line."""

    def __init__(self, folder, kind, monkeypatch):
        self.bus, options = BUSES[kind](folder)
        name = "feetech" if kind == "scs" else kind
        section = servo_section(name, "nowhere", reply_time=REPLY_TIME, **options)
        self.driver = make_driver(motor_robot(folder, section))
        self.line = SimulatedLine(self.bus)
        self.zero = 511 if kind == "scs" else 2048
        self.scale = 1024 / np.deg2rad(300) if kind == "scs" else SCALE
        monkeypatch.setattr(
            f"x2c_motors.drivers.{name}.SerialLine", lambda port, baudrate: self.line
        )
        self.driver.open()

    def push(self, steps):
        for servo in self.bus.servos.values():
            servo.push(float(self.zero + steps))


@pytest.fixture(params=BUSES)
def rig(request, tmp_path, monkeypatch):
    return Rig(tmp_path, request.param, monkeypatch)


fates = st.builds(
    Fate,
    delay=st.sampled_from([0.0, 0.01, 0.019, 0.021, 0.03, 0.1, 0.5, 2.0]) | st.floats(0.0, 2.5),
    copies=st.sampled_from([1, 1, 1, 2, 3]),
    kept=st.sampled_from([1000, 1000, 0, 1, 10, 20]) | st.integers(0, 40),
    before=st.sampled_from([b"", b"", b"\xff", b"\xff\xff\xfd\x00\x01", b"\xff\xff\x01\x04\x00"])
    | st.binary(max_size=6),
    echo=st.booleans(),
)


@pytest.mark.parametrize("kind", BUSES)
@given(st.lists(fates, min_size=1, max_size=40), st.data())
def test_whatever_becomes_of_replies_no_position_and_no_alarm_is_wrong(
    tmp_path_factory, kind, what, data
):
    with pytest.MonkeyPatch.context() as patch:
        rig = Rig(tmp_path_factory.mktemp("robot"), kind, patch)
        rig.line.fates = what
        step = 0
        while rig.line.fates:
            if data.draw(st.integers(0, 3)) == 0:
                assert rig.driver.health().warnings == ()
                continue
            step += 1
            rig.push(step)
            try:
                read = rig.driver.read()
            except DriverError:
                continue
            known = read[np.isfinite(read)]
            np.testing.assert_allclose(known, step / rig.scale, atol=1e-9)


def test_a_constant_delay_beyond_the_reply_time_is_silence_and_no_alarm(rig):
    # Late by more than one question, so that it arrives while the next but one is waited for.
    rig.line.fates = [Fate(delay=2.5 * REPLY_TIME)] * 1000
    for step in range(20):
        rig.push(step)
        with pytest.raises(DriverError, match="reply_time"):
            rig.driver.read()
        assert rig.driver.health().warnings == ()
    assert rig.driver.faults[Fault.LATE] > 0
    rig.line.fates.clear()
    rig.line.time += FORGET
    rig.push(7)
    np.testing.assert_allclose(rig.driver.read(), 7 / rig.scale, atol=1e-9)


def test_echoed_questions_are_passed_over(rig):
    rig.line.fates = [Fate(echo=True)] * 20
    np.testing.assert_allclose(rig.driver.read(), 0.0, atol=1e-9)
    assert rig.driver.health().warnings == ()
    assert rig.driver.faults[Fault.GARBLED] == rig.driver.faults[Fault.LATE] == 0


def test_replies_in_pieces_and_after_noise_are_heard_in_time(rig):
    rig.line.fates = [Fate(before=b"\x00\xff\xff\x01"), Fate(delay=0.9 * REPLY_TIME)]
    for _ in range(2):
        np.testing.assert_allclose(rig.driver.read(), 0.0, atol=1e-9)


def test_undisturbed_questions_ask_for_little_more_than_what_is_wanted(rig):
    rig.driver.read()
    before = rig.line.received
    for _ in range(40):
        rig.driver.read()
    each = (rig.line.received - before) / 40 / len(IDS)
    least = 4 + 11 if rig.driver.settings.type == "dynamixel" else 2 + 6
    assert least <= each <= least + 3


def test_lengths_of_awaited_replies_are_not_asked_for_again():
    lengths = ReplyLengths()
    asked = [lengths.choose([1, 2], 2, 5, 10.0) for _ in range(5)]
    assert asked == [2, 3, 4, 5, None]
    lengths.came(1, 2)
    assert lengths.choose([1], 2, 5, 10.0) is None
    assert lengths.choose([3], 2, 5, 10.0, avoid=[2]) == 3
    assert lengths.choose([2], 2, 5, 10.0 + FORGET) == 2


@pytest.mark.parametrize("count", [30, 60, 100, 400])
def test_a_bus_that_was_silent_at_a_high_rate_is_soon_asked_again(tmp_path, monkeypatch, count):
    rig = Rig(tmp_path, "feetech", monkeypatch)
    rig.bus.unplugged |= set(IDS)
    for _ in range(count):
        with pytest.raises(DriverError, match="no servo answers"):
            rig.driver.read()
        rig.line.time += 0.01
    rig.bus.unplugged.clear()
    back = rig.line.time
    while True:
        with contextlib.suppress(DriverError):
            np.testing.assert_allclose(rig.driver.read(), 0.0, atol=1e-9)
            break
        rig.line.time += 0.01
        assert rig.line.time - back < FORGET / 3.0


DELAYS = np.arange(0.03, 2.9, 0.07).round(2).tolist()


@pytest.mark.parametrize("delay", DELAYS)
def test_positions_that_are_late_all_the_time_are_not_believed(tmp_path, monkeypatch, delay):
    rig = Rig(tmp_path, "feetech", monkeypatch)
    rig.line.fates = [Fate(delay=delay)] * 1000
    for step in range(1, 200):
        rig.push(step)
        with pytest.raises(DriverError):
            rig.driver.read()
        rig.line.time += 0.01


CHANNELS = (0, 1, 5)


class Board:
    """A driver of a Maestro on a simulated line."""

    def __init__(self, folder, monkeypatch):
        self.board = MaestroBoard(folder / "port")
        section = channel_section("maestro", CHANNELS, port="nowhere", reply_time=REPLY_TIME)
        self.driver = make_driver(motor_robot(folder, section))
        self.line = SimulatedLine(self.board)
        monkeypatch.setattr(
            "x2c_motors.drivers.maestro.SerialLine", lambda port, baudrate: self.line
        )
        self.driver.open()

    def read(self):
        """Return the pulses read [quarter of a microsecond]; None where there is no answer."""
        try:
            return self.driver.calibration.to_raw(self.driver.read()) * 4.0
        except DriverError:
            return None


plain_fates = st.builds(
    Fate,
    delay=st.sampled_from([0.0, 0.0, 0.019, 0.021, 0.03, 0.1, 0.5]) | st.floats(0.0, 2.5),
    kept=st.sampled_from([1000, 1000, 0, 1, 2, 3]),
)


@given(st.lists(plain_fates, min_size=1, max_size=40), st.data())
def test_a_maestro_is_believed_only_where_its_answers_cannot_be_others(
    tmp_path_factory, what, data
):
    with pytest.MonkeyPatch.context() as patch:
        rig = Board(tmp_path_factory.mktemp("robot"), patch)
        rig.line.fates = what
        step = 0
        while rig.line.fates:
            if data.draw(st.integers(0, 2)) == 0:
                with contextlib.suppress(DriverError):
                    assert rig.driver.health().warnings == ()
                continue
            step += 1
            targets = [0 if data.draw(st.booleans()) else 6000 + step for _ in CHANNELS]
            for channel, target in zip(CHANNELS, targets, strict=True):
                rig.board.targets[channel] = target
            read = rig.read()
            if read is None:
                rig.line.time += 0.5
            else:
                expected = [target or np.nan for target in targets]
                np.testing.assert_allclose(read, expected, atol=1e-6)


def test_a_reply_that_comes_twice_does_not_shift_a_maestros_answers(tmp_path, monkeypatch):
    rig = Board(tmp_path, monkeypatch)
    rig.board.targets[0], rig.board.targets[1], rig.board.targets[5] = 6004, 6008, 6012
    rig.line.fates = [Fate(copies=2, delay=0.01)] * 6
    for _ in range(6):
        read = rig.read()
        assert read is None or read.tolist() == [6004, 6008, 6012]


@pytest.mark.parametrize("delay", DELAYS)
def test_pulses_that_are_late_all_the_time_are_not_believed(tmp_path, monkeypatch, delay):
    rig = Board(tmp_path, monkeypatch)
    rig.line.fates = [Fate(delay=delay)] * 1000
    for step in range(1, 200):
        for channel in CHANNELS:
            rig.board.targets[channel] = 6000 + step
        read = rig.read()
        assert read is None or read == pytest.approx(6000 + step)
        rig.line.time += 0.1


@pytest.mark.parametrize("kept", [0, 1, 5])
def test_lost_bytes_stop_no_maestro_for_long(tmp_path, monkeypatch, kept):
    rig = Board(tmp_path, monkeypatch)
    rig.driver.write([0.1, 0.2, 0.3])
    rig.line.fates = [Fate(kept=kept)]
    start = rig.line.time
    assert rig.read() is None
    while rig.read() is None:
        assert rig.line.time - start < LOST_AFTER / 2.0
    assert rig.read() is not None


def test_pulses_on_their_way_to_what_was_sent_are_no_contradiction(tmp_path, monkeypatch):
    rig = Board(tmp_path, monkeypatch)
    rig.driver.write([0.1, -0.2, 0.0])
    answer, sent = rig.board.answer, list(rig.board.targets)
    steps = [100 if target > 6000 else -100 for target in sent]
    rig.board.targets = [target - 10 * step for target, step in zip(sent, steps, strict=True)]

    def turn(buffer):
        reply = answer(buffer)
        rig.board.targets = [
            target + step * (target != end)
            for target, step, end in zip(rig.board.targets, steps, sent, strict=True)
        ]
        return reply

    monkeypatch.setattr(rig.board, "answer", turn)
    assert rig.read() is not None
    rig.board.targets = [0] * len(sent)
    steps = [0] * len(sent)
    assert np.isnan(rig.read()).all()


def test_what_a_maestro_was_sent_needs_no_second_question(tmp_path, monkeypatch):
    rig = Board(tmp_path, monkeypatch)
    rig.driver.write([0.1, 0.2, 0.3])
    before = len(rig.line.writes)
    rig.driver.read()
    assert len(rig.line.writes) == before + 1


@pytest.mark.parametrize("kind", BUSES)
def test_a_bus_without_power_for_long_is_asked_again_at_once_when_it_is_back(
    tmp_path, monkeypatch, kind
):
    rig = Rig(tmp_path, kind, monkeypatch)
    rig.bus.unplugged |= set(IDS)
    # As often as a lost connection is noticed and tried again.
    for _ in range(20):
        with pytest.raises(DriverError):
            rig.driver.read()
        rig.line.time += 0.02
    rig.bus.unplugged.clear()
    np.testing.assert_allclose(rig.driver.read(), 0.0, atol=1e-9)
