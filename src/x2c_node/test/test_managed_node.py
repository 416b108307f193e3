# SPDX-License-Identifier: Apache-2.0
import dataclasses
import functools

import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from rcl_interfaces.msg import Log
from rclpy.parameter import Parameter
from rclpy.qos import ReliabilityPolicy
from std_msgs.msg import String
from std_srvs.srv import Empty, SetBool, Trigger

from x2c_node import qos
from x2c_node.diagnostics import Diagnosis, Level
from x2c_node.errors import NodeError
from x2c_node.managed_node import ManagedNode
from x2c_node.parameters import Parameters, parameter


@dataclasses.dataclass(frozen=True)
class EchoParameters(Parameters):
    prefix: str = parameter("", "Put before each text.", dynamic=True)
    times: int = parameter(1, "How often it is said.", minimum=1, maximum=3, dynamic=True)
    mode: str = parameter("plain", "How it is said.", choices=("plain", "loud"))
    tone: str = parameter("soft", "Of nothing.", choices=("soft", "hard"), dynamic=True)
    gain: float = parameter(1.0, "Of nothing.", minimum=0.0, maximum=2.0, dynamic=True)


class Echo(ManagedNode[EchoParameters]):
    """Repeats texts; what it shall fail at is in `broken`."""

    def __init__(self, **node_arguments):
        self.broken = {}
        self.calls = []
        super().__init__("echo", EchoParameters, **node_arguments)

    def _step(self, name):
        self.calls.append(name)
        if name in self.broken:
            raise self.broken[name]

    def configure(self):
        self.said = self.publisher(String, "said", qos.NEWEST)
        self.service(Trigger, "~/ask", self.answer)
        self.service(Empty, "~/empty", self.answer)
        self._step("configure")

    def activate(self):
        self.subscription(String, "heard", self.repeat, qos.NEWEST)
        self.timer(0.02, self.tick)
        self._step("activate")

    def deactivate(self):
        self._step("deactivate")

    def cleanup(self):
        self._step("cleanup")

    def diagnose(self):
        self._step("diagnose")
        return Diagnosis(Level.WARN, "nobody listens", {"listeners": "0"})

    def parameters_changed(self):
        self._step("parameters_changed")

    def repeat(self, message):
        self._step("repeat")
        self.said.publish(String(data=(self.params.prefix + message.data) * self.params.times))

    def tick(self):
        if "tick" in self.broken:
            self._step("tick")

    def answer(self, request, response):
        self._step("answer")
        response.success = True
        return response


@pytest.fixture
def make_echo(ros):
    def make(kind=Echo, **given_values):
        overrides = [Parameter(name, value=value) for name, value in given_values.items()]
        return ros.add(kind(parameter_overrides=overrides))

    return make


@pytest.fixture
def echo(make_echo):
    return make_echo(diagnostics_period=0.1)


def entities(node):
    """Return how many publishers, subscriptions, services and timers a node has."""
    return [
        len(list(kind))
        for kind in (node.publishers, node.subscriptions, node.services, node.timers)
    ]


def raised_to(ros, *transitions):
    for transition in transitions:
        assert ros.transition("echo", transition)


def say(ros, wait_until, text="hello"):
    publisher = ros.publish(String, "heard", qos.NEWEST)
    wait_until(publisher.get_subscription_count, "the node's subscription")
    publisher.publish(String(data=text))
    return publisher


def test_life_can_be_lived_twice_and_leaves_nothing_behind(ros, echo):
    unconfigured = entities(echo)
    expected = []
    for _ in range(2):
        raised_to(ros, "configure")
        inactive = entities(echo)
        assert ros.state("echo") == "inactive"
        raised_to(ros, "activate")
        assert ros.state("echo") == "active"
        assert entities(echo) != inactive
        raised_to(ros, "deactivate")
        assert entities(echo) == inactive
        raised_to(ros, "cleanup")
        assert ros.state("echo") == "unconfigured"
        assert entities(echo) == unconfigured
        expected += ["configure", "activate", "deactivate", "cleanup"]
    assert [call for call in echo.calls if call != "diagnose"] == expected


def test_active_node_answers_messages(ros, echo, wait_until):
    raised_to(ros, "configure", "activate")
    said = ros.collect(String, "said")
    wait_until(lambda: echo.said.get_subscription_count(), "the test's subscription")
    say(ros, wait_until)
    wait_until(lambda: [message.data for message in said] == ["hello"], "the answer")


@pytest.mark.parametrize("error", [NodeError("no such robot"), ZeroDivisionError("by zero")])
def test_node_that_cannot_configure_stays_unconfigured_until_it_can(ros, echo, wait_until, error):
    before = entities(echo)
    echo.broken["configure"] = error
    assert not ros.transition("echo", "configure")
    assert ros.state("echo") == "unconfigured"
    assert entities(echo) == before
    status = wait_until(lambda: ros.diagnosis("echo"), "a diagnosis")
    assert status.level == DiagnosticStatus.ERROR
    assert status.message == f"cannot configure: {error}"
    echo.broken.clear()
    assert ros.transition("echo", "configure")
    assert echo.fault == ""


def test_node_that_cannot_activate_stays_inactive_until_it_can(ros, echo):
    raised_to(ros, "configure")
    before = entities(echo)
    echo.broken["activate"] = NodeError("no camera")
    assert not ros.transition("echo", "activate")
    assert ros.state("echo") == "inactive"
    assert entities(echo) == before
    assert echo.fault == "cannot activate: no camera"
    echo.broken.clear()
    raised_to(ros, "activate")


@pytest.mark.parametrize(
    ("step", "state"), [("deactivate", "inactive"), ("cleanup", "unconfigured")]
)
def test_error_on_the_way_down_does_not_keep_the_node_up(ros, echo, step, state):
    before = entities(echo)
    echo.broken[step] = RuntimeError("stuck")
    raised_to(ros, "configure", "activate", "deactivate")
    if step == "cleanup":
        raised_to(ros, "cleanup")
        assert entities(echo) == before
    assert ros.state("echo") == state


@pytest.mark.parametrize(
    ("entered", "left"),
    [
        ([], []),
        (["configure"], ["cleanup"]),
        (["configure", "activate"], ["deactivate", "cleanup"]),
    ],
)
def test_shutdown_leaves_what_was_entered(ros, echo, entered, left):
    before = entities(echo)
    raised_to(ros, *entered, "shutdown")
    assert ros.state("echo") == "finalized"
    assert entities(echo) == before
    assert [call for call in echo.calls if call != "diagnose"] == entered + left


def test_error_that_nobody_foresaw_leaves_a_node_that_can_be_configured(ros, echo, monkeypatch):
    before = entities(echo)
    raised_to(ros, "configure")
    echo.broken["activate"] = NodeError("no camera")
    monkeypatch.setattr(echo, "destroy_subscription", lambda _: 1 / 0)
    assert not ros.transition("echo", "activate")
    assert ros.state("echo") == "unconfigured"
    monkeypatch.undo()
    echo.broken.clear()
    assert [now - then for now, then in zip(entities(echo), before, strict=True)] == [0, 1, 0, 0]
    raised_to(ros, "configure", "activate")


def test_what_a_node_has_begun_ends_before_its_publishers_are_destroyed(ros):
    there = []

    class Threaded(ManagedNode[Parameters]):
        def configure(self):
            self.words = self.publisher(String, "words", qos.LATCHED)

        def activate(self):
            self.end_with(lambda: there.append(self.words in list(self.publishers)))

    node = Threaded("threaded", Parameters)
    assert node.start()
    node.destroy_node()
    assert there == [True]


def test_a_destroyed_node_leaves_the_graph_though_something_refers_to_it(ros, wait_until):
    node = ManagedNode("gone", Parameters)
    assert node.start()
    wait_until(lambda: "gone" in ros.node.get_node_names(), what="the node")
    node.destroy_node()
    wait_until(lambda: "gone" not in ros.node.get_node_names(), what="its end")
    assert node.state == "finalized"
    node.stop()
    node.destroy_node()


class Bare(ManagedNode[Parameters]):
    """Makes no entities: what it starts is its own."""

    def __init__(self, **node_arguments):
        super().__init__("bare", Parameters, **node_arguments)
        self.running = self.open = False

    def configure(self):
        self.open = True

    def activate(self):
        self.running = True

    def deactivate(self):
        self.running = False

    def cleanup(self):
        self.open = False


def test_shutdown_stops_a_node_without_entities(ros, make_echo):
    node = make_echo(Bare)
    assert node.start()
    assert node.running
    assert ros.transition("bare", "shutdown")
    assert not node.running
    assert not node.open


@pytest.mark.parametrize("entered", [[], ["configure"], ["configure", "activate"]])
def test_stop_comes_down_from_any_state(ros, echo, entered):
    before = entities(echo)
    raised_to(ros, *entered)
    echo.stop()
    assert echo.state == "unconfigured"
    assert entities(echo) == before


def test_stop_of_a_finalized_node_does_nothing(ros, echo):
    raised_to(ros, "shutdown")
    echo.stop()
    assert echo.state == "finalized"


def test_node_starts_by_itself(make_echo):
    echo = make_echo()
    assert echo.start()
    assert echo.state == "active"


def test_node_told_not_to_does_not_start_by_itself(make_echo):
    echo = make_echo(autostart=False)
    assert echo.start()
    assert echo.state == "unconfigured"
    assert not echo.calls


@pytest.mark.parametrize(
    ("step", "state"), [("configure", "unconfigured"), ("activate", "inactive")]
)
def test_start_tells_that_it_failed(make_echo, step, state):
    echo = make_echo()
    echo.broken[step] = NodeError("no")
    assert not echo.start()
    assert echo.state == state


@pytest.mark.parametrize(
    ("error", "count"), [(NodeError("bad text"), "heard refused"), (KeyError("x"), "heard failed")]
)
def test_error_in_a_callback_is_counted_and_the_node_lives(ros, echo, wait_until, error, count):
    raised_to(ros, "configure", "activate")
    echo.broken["repeat"] = error
    publisher = say(ros, wait_until)
    wait_until(lambda: echo.statistics.counts[count] == 1, "the error to be counted")
    publisher.publish(String(data="again"))
    wait_until(lambda: echo.statistics.counts[count] == 2, "the second error to be counted")
    values = {value.key: value.value for value in wait_for(ros, wait_until, count).values}
    assert values[count] == "2"
    assert ros.state("echo") == "active"


def wait_for(ros, wait_until, key):
    """Return the first diagnosis that has a value of this name."""

    def found():
        status = ros.diagnosis("echo")
        return status if status and key in {one.key for one in status.values} else None

    return wait_until(found, f"a diagnosis with {key}")


def test_error_in_a_timer_is_counted_and_the_timer_goes_on(ros, echo, wait_until):
    echo.broken["tick"] = ZeroDivisionError("by zero")
    raised_to(ros, "configure", "activate")
    wait_until(lambda: echo.statistics.counts["timer failed"] > 2, "three errors")


@pytest.mark.parametrize("error", [NodeError("not now"), ZeroDivisionError("not now")])
def test_error_in_a_service_is_answered_and_counted(ros, echo, error):
    raised_to(ros, "configure")
    echo.broken["answer"] = error
    response = ros.call(Trigger, "/echo/ask", Trigger.Request())
    assert (response.success, response.message) == (False, "not now")
    assert sum(n for name, n in echo.statistics.counts.items() if name.startswith("~/ask")) == 1
    echo.broken.clear()
    assert ros.call(Trigger, "/echo/ask", Trigger.Request()).success


@pytest.mark.parametrize("kind", [NodeError, RuntimeError])
def test_error_that_quotes_megabytes_is_answered_and_logged_in_short(ros, echo, wait_until, kind):
    logged = ros.collect(Log, "/rosout", qos.STREAM)
    raised_to(ros, "configure")
    # A lone surrogate stands for a byte of a file's name that is no UTF-8.
    echo.broken["answer"] = kind(f"no \udcff{'x' * 1_000_000}: end")
    response = ros.call(Trigger, "echo/ask", Trigger.Request())
    assert response.message.startswith("no \\udcffxxx")
    assert response.message.endswith("x: end")
    assert len(response.message) <= 16_384
    wait_until(lambda: any("no \\udcffxxx" in one.msg for one in logged), "the log")
    assert max(len(one.msg) for one in logged) <= 16_384


def test_service_without_room_for_an_error_answers_all_the_same(ros, echo):
    raised_to(ros, "configure")
    assert ros.call(Empty, "/echo/empty", Empty.Request()) is not None
    assert ros.state("echo") == "inactive"


class Callbacks(ManagedNode[Parameters]):
    """Takes messages with callables of every kind."""

    def __init__(self, **node_arguments):
        super().__init__("callbacks", Parameters, **node_arguments)
        self.got = []
        self.also, self.infos, self.defaulted = [], [], []

    def activate(self):
        for callback in (
            self.got.append,
            functools.partial(self.keep, self.also),
            self.with_info,
            lambda message, kept=self.defaulted: kept.append(message),
        ):
            self.subscription(String, "heard", callback, qos.NEWEST)

    def keep(self, kept, message):
        kept.append(message)

    def with_info(self, message, info):
        self.infos.append(info)


def test_callbacks_can_be_any_callable(ros, make_echo, wait_until):
    node = make_echo(Callbacks)
    assert node.start()
    publisher = ros.publish(String, "heard", qos.NEWEST)
    wait_until(lambda: publisher.get_subscription_count() == 4, "four subscriptions")
    publisher.publish(String(data="hello"))
    wait_until(lambda: node.got and node.also and node.infos and node.defaulted, "four messages")
    assert node.infos[0]["source_timestamp"] > 0
    assert [one.data for one in node.got + node.also + node.defaulted] == ["hello"] * 3


def test_diagnosis_says_the_state_and_the_nodes_own_words(ros, echo, wait_until):
    status = wait_until(lambda: ros.diagnosis("echo"), "a diagnosis")
    assert (status.level, status.message) == (DiagnosticStatus.STALE, "unconfigured")
    raised_to(ros, "configure", "activate")
    status = wait_for(ros, wait_until, "listeners")
    assert (status.name, status.level) == ("/echo", DiagnosticStatus.WARN)
    assert status.message == "nobody listens"
    assert {one.key: one.value for one in status.values} == {"state": "active", "listeners": "0"}


def test_error_in_the_diagnosis_is_a_diagnosis(ros, echo, wait_until):
    echo.broken["diagnose"] = ZeroDivisionError("by zero")
    raised_to(ros, "configure", "activate")
    wait_until(
        lambda: (
            (one := ros.diagnosis("echo")) and one.message == "cannot report its state: by zero"
        ),
        "the error as a diagnosis",
    )
    assert ros.diagnosis("echo").level == DiagnosticStatus.ERROR


def test_diagnosis_is_named_after_the_node_in_its_namespace(ros, wait_until):
    ros.add(
        Echo(namespace="left", parameter_overrides=[Parameter("diagnostics_period", value=0.1)])
    )
    assert wait_until(lambda: ros.diagnosis("left/echo"), "a diagnosis").name == "/left/echo"


def test_statistics_start_anew_with_each_configuration(ros, echo):
    echo.statistics.counts["heard failed"] = 3
    raised_to(ros, "configure")
    assert not echo.statistics.counts


def test_dynamic_parameters_change_a_running_node(ros, echo, wait_until):
    raised_to(ros, "configure", "activate")
    results = ros.set_parameters("echo", prefix="oh, ", times=2)
    assert all(result.successful for result in results)
    assert (echo.params.prefix, echo.params.times) == ("oh, ", 2)
    assert echo.calls.count("parameters_changed") == 2


def test_parameters_of_an_unconfigured_node_change_without_a_reaction(ros, echo):
    (result,) = ros.set_parameters("echo", times=3)
    assert result.successful
    assert echo.params.times == 3
    assert "parameters_changed" not in echo.calls


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"times": 4}, "times"),
        ({"times": "two"}, "Wrong parameter type"),
        ({"gain": float("nan")}, "gain out of range"),
        ({"tone": "shrill"}, "parameter tone: expected one of soft, hard, got 'shrill'"),
        ({"mode": "loud"}, "read-only"),
        ({"autostart": False}, "read-only"),
    ],
)
def test_value_that_cannot_be_is_refused_with_its_reason(ros, echo, values, reason):
    before = echo.params
    (result,) = ros.set_parameters("echo", **values)
    assert not result.successful
    assert reason in result.reason
    assert echo.params == before


def test_parameters_set_together_are_all_refused_when_one_is(echo):
    good, bad = Parameter("times", value=2), Parameter("tone", value="shrill")
    result = echo.set_parameters_atomically([good, bad])
    assert not result.successful
    assert result.reason == "parameter tone: expected one of soft, hard, got 'shrill'"
    assert (echo.params.times, echo.get_parameter("times").value) == (1, 1)


@pytest.mark.parametrize("error", [NodeError("cannot"), KeyError("x")])
def test_error_in_the_reaction_to_parameters_is_counted_and_the_node_lives(ros, echo, error):
    raised_to(ros, "configure")
    echo.broken["parameters_changed"] = error
    ros.set_parameters("echo", times=2)
    assert ros.state("echo") == "inactive"
    counted = {name: n for name, n in echo.statistics.counts.items() if "parameters" in name}
    assert list(counted.values()) == [1]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"times": 9}, "parameter times: expected 1 to 3, got 9"),
        ({"times": "often"}, "parameter times: expected int, got 'often' (str)"),
        ({"mode": "shrill"}, "parameter mode: expected one of plain, loud, got 'shrill'"),
        ({"diagnostics_period": "often"}, "parameter diagnostics_period: expected float"),
    ],
)
def test_node_with_a_value_that_cannot_be_says_so_and_lives(
    ros, make_echo, wait_until, capfd, values, reason
):
    echo = make_echo(**values)
    assert not echo.start()
    assert ros.state("echo") == "unconfigured"
    assert "configure" not in echo.calls
    status = wait_until(lambda: ros.diagnosis("echo"), "a diagnosis")
    assert status.level == DiagnosticStatus.ERROR
    assert reason in status.message
    assert reason in capfd.readouterr().err


def test_every_value_that_cannot_be_is_in_the_reason(make_echo):
    echo = make_echo(times=9, mode="shrill")
    assert not echo.start()
    assert "times" in echo.fault
    assert "mode" in echo.fault


def test_dynamic_value_that_could_not_be_can_be_mended(ros, make_echo):
    echo = make_echo(times=9, prefix="oh, ")
    assert not ros.transition("echo", "configure")
    (result,) = ros.set_parameters("echo", times=3)
    assert result.successful
    assert ros.transition("echo", "configure")
    assert (echo.params.times, echo.params.prefix) == (3, "oh, ")


def test_quality_of_service_can_be_overridden(ros, make_echo):
    name = "qos_overrides./heard.subscription.reliability"
    node = make_echo(**{name: "best_effort"})
    assert node.start()
    (heard,) = (one for one in node.subscriptions if one.topic_name == "/heard")
    assert heard.qos_profile.reliability is ReliabilityPolicy.BEST_EFFORT
    # Whoever else uses the same profile is not concerned.
    assert qos.NEWEST.reliability is ReliabilityPolicy.RELIABLE
    assert qos.STREAM.reliability is ReliabilityPolicy.RELIABLE


def test_quality_of_service_that_cannot_be_is_a_reason_not_to_start(make_echo):
    node = make_echo(**{"qos_overrides./said.publisher.reliability": "perhaps"})
    assert not node.start()
    assert "cannot configure" in node.fault


def test_topics_and_services_can_be_remapped(ros, wait_until):
    node = ros.add(Echo(cli_args=["--ros-args", "-r", "heard:=whispered", "-r", "__node:=bat"]))
    assert node.start()
    publisher = ros.publish(String, "whispered", qos.NEWEST)
    wait_until(publisher.get_subscription_count, "the remapped subscription")
    assert ros.call(Trigger, "/bat/ask", Trigger.Request()).success


class Setting(ManagedNode[Parameters]):
    """Makes something while its parameters change, after it was active."""

    def __init__(self, **node_arguments):
        super().__init__("setting", Parameters, **node_arguments)

    def configure(self):
        self.service(SetBool, "~/set", lambda request, response: response)


def test_what_is_made_after_deactivation_lives_until_cleanup(ros, make_echo):
    node = make_echo(Setting)
    node.start()
    node.trigger_deactivate()
    node.timer(1.0, lambda: None)
    made = entities(node)
    node.trigger_activate()
    node.trigger_deactivate()
    assert entities(node) == made
    node.trigger_cleanup()
    assert entities(node)[3] == made[3] - 1


def test_a_node_warns_of_what_it_is_given_by_name_only(ros, tmp_path, capfd):
    file = tmp_path / "mine.yaml"
    file.write_text("/**: {ros__parameters: {times: 2, of_others: 1}}")
    node = ros.add(Echo(cli_args=["--ros-args", "--params-file", str(file)]))
    assert node.params.times == 2
    assert "ignores" not in capfd.readouterr().err
    file.write_text("echo: {ros__parameters: {tims: 2}}")
    ros.add(Echo(cli_args=["--ros-args", "--params-file", str(file)]))
    assert "does not have: tims (did you mean times?)" in capfd.readouterr().err
