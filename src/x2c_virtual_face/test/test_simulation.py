# SPDX-License-Identifier: Apache-2.0
import threading
import time

import pytest

from x2c_node.supervision import supervisor as supervisor_module
from x2c_node.supervision.supervisor import Supervisor
from x2c_virtual_face import simulation as module
from x2c_virtual_face.errors import RenderError, RobotMismatchError
from x2c_virtual_face.simulation import LONGEST_TICK, Simulation

pytestmark = pytest.mark.slow


@pytest.fixture
def simulation(robot):
    try:
        made = Simulation(robot, 64, 64)
    except RenderError as error:
        pytest.skip(str(error))
    yield made
    made.close()


def test_time_passes_as_on_the_steady_clock_and_stands_still_when_stopped(
    simulation, robot, wait_until
):
    passed = []
    faces = []

    def tick(face, seconds):
        faces.append(face)
        face.step(seconds)
        passed.append(seconds)

    started = time.monotonic()
    simulation.start(tick, wanted=lambda: True)
    wait_until(lambda: len(passed) >= 30, what="ticks")
    simulation.stop()
    took = time.monotonic() - started
    count = len(passed)
    assert sum(passed) <= took
    assert max(passed) <= LONGEST_TICK
    assert faces[0].time == pytest.approx(sum(passed), abs=0.003)
    time.sleep(0.05)
    assert len(passed) == count


def test_it_draws_in_one_thread_whoever_starts_and_ends_it(simulation, wait_until):
    images = []
    threads = set()

    def tick(face, seconds):
        threads.add(threading.get_ident())
        images.append(face.render())

    for _ in range(2):
        starter = threading.Thread(target=simulation.start, args=(tick, lambda: True))
        starter.start()
        starter.join(150.0)
        assert not starter.is_alive()
        before = len(images)
        wait_until(lambda: len(images) > before, what="an image")  # noqa: B023
        simulation.stop()
    assert len(threads) == 1
    assert images[0].shape == (64, 64, 3)


def test_it_ends_when_it_is_no_longer_wanted(simulation, wait_until):
    ticks = []
    simulation.start(lambda face, seconds: ticks.append(seconds), wanted=lambda: len(ticks) < 3)
    wait_until(lambda: len(ticks) == 3, what="three ticks")
    simulation.stop()
    assert len(ticks) == 3


def test_a_tick_that_hangs_is_noticed_and_not_waited_for(simulation, wait_until, monkeypatch):
    monkeypatch.setattr(module, "LONGEST_CALL", 0.05)
    monkeypatch.setattr(supervisor_module, "LOOK", 0.01)
    supervisor = Supervisor()
    supervisor.start()
    over = threading.Event()
    try:
        simulation.start(
            lambda face, seconds: over.wait(60.0), lambda: True, supervisor.pulse("face", 0.1)
        )
        wait_until(lambda: supervisor.over, what="the fault")
        assert supervisor.fault == "thread face has hung for 0.1 s"
        for end in (simulation.stop, lambda: simulation.start(print, lambda: True)):
            with pytest.raises(RenderError, match="has hung"):
                end()
    finally:
        over.set()
        supervisor.stop()
        monkeypatch.undo()


def test_a_robot_that_is_not_the_virtual_humanoid_is_refused(robot):
    other = type(robot)(**{**vars_of(robot), "joints": robot.joints[1:]})
    threads = threading.active_count()
    with pytest.raises(RobotMismatchError):
        Simulation(other, 64, 64)
    assert threading.active_count() == threads


def vars_of(robot):
    return {name: getattr(robot, name) for name in robot.__dataclass_fields__}
