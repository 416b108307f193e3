# SPDX-License-Identifier: Apache-2.0
import signal
import sys
import threading
import time

import pytest
import rclpy
from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.executors import SingleThreadedExecutor
from std_msgs.msg import String

from x2c_node import qos
from x2c_node.managed_node import ManagedNode
from x2c_node.parameters import Parameters
from x2c_node.spinning.spin import run_node, spin_until
from x2c_testing.waiting import LONGEST_WAIT


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_idle_node_ends_in_order_and_with_success(program, number):
    process = program()
    process.wait_for("active")
    assert process.stop(number) == 0
    words = [line for line in process.output.splitlines() if not line.startswith("[")]
    assert words == ["active", "deactivated", "cleaned up", "ended"]


LAST_WORD = """
def configure(self):
    self.words = self.publisher(String, "words", qos.LATCHED)


def deactivate(self):
    self.words.publish(String(data="deactivating"))
    # Its reader is known to this process, and has it when it has acknowledged it.
    while not self.words.get_subscription_count():
        time.sleep(0.01)
    self.words.wait_for_all_acked()


Program.configure, Program.deactivate = configure, deactivate
"""


def test_publishers_still_work_while_the_node_deactivates(program, ros, wait_until):
    process = program(LAST_WORD)
    words = ros.collect(String, "words", qos.LATCHED)
    process.wait_for("active")
    assert process.stop() == 0
    wait_until(lambda: [word.data for word in words] == ["deactivating"], "its last word")


def test_signal_during_a_long_configuration_ends_the_node_after_it(program):
    process = program(
        "def slow(self):\n    print('configuring', flush=True)\n    time.sleep(1.0)\n"
        "Program.configure = slow\n"
    )
    process.wait_for("configuring")
    assert process.stop() == 0
    assert "cleaned up" in process.output


def test_node_that_cannot_configure_lives_and_says_why(program, ros, wait_until):
    process = program(
        "def fail(self):\n    raise NodeError('no such robot')\nProgram.configure = fail\n"
    )
    status = wait_until(lambda: ros.diagnosis("program"), "a diagnosis")
    assert status.message == "cannot configure: no such robot"
    assert "cannot configure: no such robot" in process.output
    assert process.running
    assert process.stop() == 0


def test_error_in_a_timer_of_rclpy_does_not_end_the_node(program):
    process = program(
        "def activate(self):\n    self.create_timer(0.1, lambda: 1 / 0)\n"
        "    self.create_timer(0.2, lambda: print('alive', flush=True))\n"
        "Program.activate = activate\n"
    )
    process.wait_for("ZeroDivisionError")
    process.wait_for("alive")
    assert process.stop() == 0
    assert "cleaned up" in process.output


def test_node_can_be_renamed_moved_and_told_not_to_start(program, ros):
    program(name="other", namespace="/left", parameters={"autostart": False})
    assert ros.state("/left/other") == "unconfigured"


def test_parameter_that_cannot_be_does_not_end_the_process(program, ros, wait_until):
    process = program(parameters={"diagnostics_period": "often"})
    status = wait_until(lambda: ros.diagnosis("program"), "a diagnosis")
    assert "parameter diagnostics_period: expected float, got 'often' (str)" in status.message
    assert ros.state("program") == "unconfigured"
    assert process.stop() == 0


def test_whole_number_given_for_a_float_starts_the_node(program):
    process = program(parameters={"diagnostics_period": 1})
    process.wait_for("active")


@pytest.fixture
def same_handlers():
    """Handlers of signals as they were: a node that ends its process ignores signals at last."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [(number, signal.getsignal(number)) for number in numbers]
    yield
    for number, handler in before:
        signal.signal(number, handler)


def test_arguments_can_be_given_in_place_of_the_command_line(monkeypatch, same_handlers):
    made = []

    class Program(ManagedNode[Parameters]):
        def __init__(self):
            super().__init__("program", Parameters)
            made.append((self.get_name(), self.params.autostart))

        def start(self):
            signal.raise_signal(signal.SIGINT)
            return True

    monkeypatch.setattr(sys, "argv", ["x", "--ros-args", "-r", "__node:=of_the_command_line"])
    run_node(Program, ["x", "--ros-args", "-p", "autostart:=false"])
    run_node(Program, [])
    run_node(Program)
    assert made == [("program", False), ("program", True), ("of_the_command_line", True)]
    assert not rclpy.ok()


def test_spinning_ends_when_the_condition_holds(ros):
    calls = []
    executor = SingleThreadedExecutor()
    spin_until(executor, lambda: calls.append(0) or len(calls) > 2)
    assert len(calls) == 3


def test_spinning_ends_when_ros_is_shut_down_from_outside():
    context = rclpy.Context()
    rclpy.init(context=context)
    executor = SingleThreadedExecutor(context=context)
    threading.Timer(0.3, context.shutdown).start()
    limit = time.monotonic() + LONGEST_WAIT
    spin_until(executor, lambda: time.monotonic() > limit)
    assert time.monotonic() < limit


def test_a_thread_that_dies_ends_the_node_in_order_and_with_an_error(
    program, ros, wait_until, tmp_path
):
    # A service would end the process that has to answer it: its answer can be lost.
    go = tmp_path / "go"
    process = program(
        "import pathlib, threading\n\n"
        f"go = pathlib.Path({str(go)!r})\n"
        "def activate(self):\n"
        "    def run():\n"
        "        with self.supervisor.pulse('motors'):\n"
        "            while not go.exists():\n"
        "                time.sleep(0.01)\n"
        "            raise ValueError('no such motor')\n"
        "    threading.Thread(target=run, daemon=True).start()\n\n"
        "Program.activate = activate\n"
        "Program.halt = lambda self, reason: print('halted:', reason, flush=True)\n"
    )
    wait_until(lambda: ros.diagnosis("program"), "a diagnosis of the node")
    go.touch()
    assert process.wait() == 1
    assert "halted: thread motors has died: ValueError: no such motor" in process.output
    assert "deactivated\ncleaned up\n" in process.output
    last_words = "thread motors has died: ValueError: no such motor"
    status = wait_until(
        lambda: next((it for it in [ros.diagnosis("program")] if it.message == last_words), None),
        "the last words",
    )
    assert status.level == DiagnosticStatus.ERROR


def test_a_callback_that_hangs_ends_the_process_with_an_error(program):
    process = program(
        "from x2c_node.supervision import supervisor\n\n"
        "supervisor.PATIENCE = 1.0\n"
        "def activate(self):\n"
        "    print('active', flush=True)\n"
        "    self.supervisor.pulse('motors')\n"
        "    self.timer(0.1, lambda: time.sleep(1000))\n\n"
        "Program.activate = activate\n"
        "Program.LONGEST_CALLBACK = 1.0\n"
        "Program.halt = lambda self, reason: print('halted:', reason, flush=True)\n"
    )
    assert process.wait() == 1
    assert "halted: thread program has hung for 1 s" in process.output


def test_a_transition_may_take_its_time(program):
    process = program(
        "def slow(self):\n    time.sleep(3.0)\n"
        "Program.configure = slow\n"
        "Program.LONGEST_CALLBACK = 2.0\n"
    )
    process.wait_for("active")
    assert process.stop() == 0


def test_argument_that_is_no_text_is_a_sentence():
    with pytest.raises(SystemExit, match=r"'filename:=/\\udcff' is no text in UTF-8"):
        run_node(lambda: pytest.fail("no node is made"), ["-p", "filename:=/\udcff"])
