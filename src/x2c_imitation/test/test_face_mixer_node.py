# SPDX-License-Identifier: Apache-2.0
"""face_mixer_node in the tests' own process."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import rclpy
from action_msgs.msg import GoalStatus
from rcl_interfaces.msg import Log
from rclpy.action import ActionClient
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.parameter import Parameter
from std_msgs.msg import Header

from x2c_core.control_space import controls
from x2c_core.control_space.controls_table import HEADER
from x2c_core.control_space.layers import ControlLayer
from x2c_core.control_space.regions import region_mask
from x2c_core.face.frames import ControlFrame, ControlState
from x2c_imitation.expression_source_node import ExpressionSourceNode
from x2c_imitation.face_mixer.source_settings import MOST_SOURCES
from x2c_imitation.face_mixer_node import MIXED, FaceMixerNode
from x2c_msgs.action import PlayExpression as PlayAction
from x2c_msgs.msg import ControlLayer as LayerMessage
from x2c_msgs.msg import ControlValues, MixerState
from x2c_msgs.srv import PlayExpression
from x2c_node import qos
from x2c_node.conversion.headers import to_nanoseconds, to_stamp
from x2c_node.conversion.messages import controls_to_message, layer_to_message
from x2c_node.diagnostics import Level
from x2c_node.local_delivery import LocalDelivery

SUCCEEDED, CANCELED, ABORTED = (
    GoalStatus.STATUS_SUCCEEDED,
    GoalStatus.STATUS_CANCELED,
    GoalStatus.STATUS_ABORTED,
)
JAW = controls.index("Jaw Pitch")
OPEN = controls.from_names({"Jaw Pitch": 0.2})
MOUTH = layer_to_message(ControlLayer(OPEN, region_mask(["mouth"])), Header())


class Graph:
    """The node between imitation and what hears the mixed face."""

    def __init__(self, ros, wait_until, **parameters):
        self._wait_until = wait_until
        self.ros = ros
        self.faces = ros.collect(ControlValues, MIXED, qos.STREAM)
        self.states = ros.collect(MixerState, "mixer/state", qos.LATCHED)
        self._imitation = ros.publish(ControlValues, "control_values", qos.NEWEST)
        overrides = [Parameter(name, value=value) for name, value in parameters.items()]
        self.node = ros.add(FaceMixerNode(parameter_overrides=overrides))
        self.node.start()
        self.stamp = 0

    def imitate(self):
        """Publish the next message of imitation and return it."""
        self.stamp += 33_000_000
        header = Header(stamp=to_stamp(self.stamp), frame_id="camera")
        frame = ControlFrame(controls.NEUTRAL, 0.75, ControlState.TRACKING, 7)
        message = controls_to_message(frame, header)
        self._imitation.publish(message)
        return message

    def wait_for_jaw(self, lowest, highest, *publish):
        """Publish messages again and again until the jaw is within a range."""

        def there():
            for publisher, message in publish:
                publisher.publish(message)
            self.imitate()
            return self.faces and lowest <= self.faces[-1].values[JAW] <= highest

        self._wait_until(there, what=f"the jaw to be within {lowest} to {highest}")

    def express(self, name="smile", intensity=1.0, seconds=1000.0, regions=""):
        request = PlayExpression.Request(
            name=name, intensity=intensity, seconds=seconds, regions=regions
        )
        return self.ros.call(PlayExpression, "face_mixer_node/express", request)


@pytest.fixture
def graph(ros, wait_until):
    return lambda **parameters: Graph(ros, wait_until, **parameters)


def test_imitation_alone_passes_unchanged(graph, wait_until):
    mixed = graph()
    sent = {}

    def answered():
        message = mixed.imitate()
        sent[to_nanoseconds(message.header.stamp)] = message
        return mixed.faces and mixed.node.diagnosis().message == "imitation alone"

    wait_until(answered, what="mixed faces")
    for face in list(mixed.faces):
        assert face == sent[to_nanoseconds(face.header.stamp)]


def test_in_one_process_imitation_passes_as_the_very_message(ros, wait_until):
    local = LocalDelivery()
    smile = [Parameter("source", value="smile")]
    nodes = [
        ExpressionSourceNode(parameter_overrides=smile, local_delivery=local),
        FaceMixerNode(local_delivery=local),
    ]
    for node in nodes:
        ros.add(node).start()
    given, mixed = [], []
    local.subscribe(f"/{MIXED}", ControlValues, mixed.append)
    local.subscribe("/control_values", ControlValues, given.append)
    wait_until(
        lambda: any(one is other for one in list(mixed) for other in list(given)),
        what="a message that has passed",
    )


def test_source_has_its_region_until_it_falls_silent(ros, graph, wait_until):
    mixed = graph()
    speech = ros.publish(LayerMessage, "sources/speech")
    # Imitation is heard first: its stamps are the ones to go on from.
    mixed.wait_for_jaw(controls.NEUTRAL[JAW] - 1e-6, controls.NEUTRAL[JAW] + 1e-6)
    mixed.wait_for_jaw(0.0, 0.21, (speech, MOUTH))

    def told():
        # It falls silent where it is not heard for some time.
        speech.publish(MOUTH)
        mixed.imitate()
        said = mixed.node.diagnosis()
        told = mixed.states and mixed.states[-1].live == ["speech"]
        return said if told and said.values["mouth"] == "speech" else None

    assert wait_until(told, what="the state of the mixer").level is Level.OK
    state = [one for one in mixed.states if one.live == ["speech"]][-1]
    winners = dict(zip(state.regions, state.winners, strict=True))
    assert winners["mouth"] == "speech"
    assert winners["head"] == "imitation"
    mixed.wait_for_jaw(controls.NEUTRAL[JAW] - 1e-6, controls.NEUTRAL[JAW] + 1e-6)
    wait_until(lambda: mixed.states[-1].live == [], what="the end of the source")
    assert {face.track_id for face in mixed.faces} == {7}


def test_source_that_is_not_declared_is_found_while_it_publishes(ros, graph):
    mixed = graph()
    other = ros.publish(LayerMessage, "sources/of_others")
    mixed.wait_for_jaw(0.0, 0.21, (other, MOUTH))


def test_source_that_has_left_makes_room_for_one_that_was_refused(
    ros, graph, tmp_path, wait_until
):
    file = tmp_path / "sources.yaml"
    names = "\n".join(f"  s{number}:" for number in range(MOST_SOURCES - 1))
    file.write_text(f"sources:\n{names}\n")
    mixed = graph(sources_file=str(file))
    first = ros.publish(LayerMessage, "sources/first")
    mixed.wait_for_jaw(0.0, 0.21, (first, MOUTH))
    second = ros.publish(LayerMessage, "sources/second")
    counts = mixed.node.statistics.counts
    wait_until(lambda: counts["sources refused"], what="the refusal")
    ros.node.destroy_publisher(first)

    def second_is_seen():
        second.publish(MOUTH)
        return mixed.states[-1].live == ["second"]

    wait_until(second_is_seen, what="the second one")


def test_impossible_layers_and_names_are_refused_and_counted(ros, graph, wait_until):
    mixed = graph()
    bad = layer_to_message(ControlLayer(OPEN, region_mask(["mouth"])), Header())
    bad.values[JAW] = np.nan
    speech = ros.publish(LayerMessage, "sources/speech")
    nested = ros.publish(LayerMessage, "sources/a/b")

    def refused():
        for publisher in (speech, nested):
            publisher.publish(bad)
        counts = mixed.node.statistics.counts
        return counts["sources/speech refused"] and counts["sources refused"]

    wait_until(refused, what="both refusals")
    mixed.wait_for_jaw(controls.NEUTRAL[JAW] - 1e-6, controls.NEUTRAL[JAW] + 1e-6)
    assert mixed.node.statistics.counts["sources refused"] == 1
    assert not mixed.node.diagnosis().values["live sources"]


def test_sources_of_equal_priority_are_told_once(ros, graph, wait_until):
    mixed = graph()
    logged = ros.collect(Log, "/rosout", qos.STREAM)
    first, second = (ros.publish(LayerMessage, f"sources/{name}") for name in ("speech", "say"))
    closed = layer_to_message(
        ControlLayer(controls.from_names({"Jaw Pitch": 0.9}), region_mask(["mouth"])), Header()
    )
    mixed.wait_for_jaw(0.0, 0.21, (first, MOUTH))
    # The newer one has the mouth, however long both go on.
    mixed.wait_for_jaw(0.89, 0.91, (first, MOUTH), (second, closed))
    seen = len(mixed.faces)

    def goes_on():
        first.publish(MOUTH)
        second.publish(closed)
        return len(mixed.faces) > seen + 100

    wait_until(goes_on, what="more faces")
    told = [one.msg for one in logged if "have the same priority" in one.msg]
    assert len(told) == 1
    assert told[0].startswith(
        "say and speech have the same priority and ask for the same controls"
    )
    assert mixed.node.diagnosis().values["equal priority"] == "say over speech"


def test_stamps_that_jump_move_nothing_while_a_source_is_seen(graph, wait_until):
    mixed = graph()
    assert mixed.express("surprise", regions="mouth").success
    wanted = controls.NEUTRAL[JAW] - 0.6 * (controls.NEUTRAL[JAW] - controls.MINIMUM[JAW])
    mixed.wait_for_jaw(wanted - 1e-4, wanted + 1e-4)
    begin = len(mixed.faces)
    for leap in (3600, -7200, 10**6, -(10**6)):
        mixed.stamp = max(mixed.stamp + leap * 10**9, 0)
        seen = len(mixed.faces)
        wait_until(
            lambda seen=seen: mixed.imitate() and len(mixed.faces) > seen + 5, what="more faces"
        )
    shown = np.array([face.values for face in mixed.faces[begin:]])
    assert np.abs(shown[:, JAW] - wanted).max() < 1e-4
    assert np.ptp(shown, axis=0).max() < 1e-4


def test_expression_is_shown_by_service_without_imitation_until_it_ends(graph, wait_until):
    mixed = graph()
    waiting = "waiting for /control_values (1 publisher) or a source"
    wait_until(lambda: mixed.node.diagnosis().message == waiting, what="the publisher")
    answer = mixed.express("surprise", regions="mouth")
    assert answer.success, answer.message
    wanted = controls.NEUTRAL[JAW] - 0.6 * (controls.NEUTRAL[JAW] - controls.MINIMUM[JAW])
    wait_until(
        lambda: mixed.faces and abs(mixed.faces[-1].values[JAW] - wanted) < 1e-5,
        what="the expression",
    )
    assert mixed.express("").success
    wait_until(lambda: not mixed.node.diagnosis().values["live sources"], what="the end")
    wait_until(
        lambda: abs(mixed.faces[-1].values[JAW] - controls.NEUTRAL[JAW]) < 1e-5, what="neutral"
    )


class Client:
    """A client of the action."""

    def __init__(self, ros, wait_until, name):
        self._wait_until = wait_until
        self.feedback = []
        # rclpy's executor must not see the client while it is being made.
        node = rclpy.create_node(name, start_parameter_services=False)
        self._client = ActionClient(node, PlayAction, "face_mixer_node/play")
        ros.add(node)
        wait_until(self._client.server_is_ready, what="the action server")

    def play(self, name, intensity=1.0, seconds=1000.0, regions=""):
        """Send a goal, which is accepted whatever it is; return its handle."""
        goal = PlayAction.Goal(name=name, intensity=intensity, seconds=seconds, regions=regions)
        future = self._client.send_goal_async(goal, lambda one: self.feedback.append(one.feedback))
        self._wait_until(future.done, what="the goal")
        assert future.result().accepted
        return future.result()

    def result(self, goal):
        """Wait for the end of a goal; return its status and message."""
        future = goal.get_result_async()
        self._wait_until(future.done, what="the result")
        ended = future.result()
        assert ended.result.success is (ended.status == SUCCEEDED)
        return ended.status, ended.result.message


@pytest.fixture
def client(ros, wait_until):
    # They end with the test: none may end while rclpy's executor waits for it.
    numbers = itertools.count()
    return lambda: Client(ros, wait_until, f"client_{next(numbers)}")


def test_action_shows_an_expression_until_it_is_cancelled_or_another_begins(
    graph, client, wait_until
):
    mixed = graph()
    one, other = client(), client()
    first = one.play("surprise", regions="mouth")
    mixed.wait_for_jaw(0.0, controls.NEUTRAL[JAW] - 0.1)
    wait_until(lambda: one.feedback, what="feedback")
    assert 0.0 <= one.feedback[-1].progress < 0.9
    second = other.play("smile")
    assert one.result(first) == (ABORTED, "another expression has begun")
    second.cancel_goal_async()
    assert other.result(second) == (CANCELED, "cancelled")
    wait_until(lambda: mixed.states[-1].live == [], what="the fade-out")
    third = other.play("smile")
    assert mixed.node.trigger_deactivate() is TransitionCallbackReturn.SUCCESS
    ends = (
        "face_mixer_node is deactivated",
        # The goal may be taken up only now.
        "face_mixer_node is not active",
    )
    status, message = other.result(third)
    assert status == ABORTED
    assert message in ends


def test_action_plays_a_clip_to_its_end_by_a_share(graph, client, tmp_path, wait_until):
    path = tmp_path / "controls.csv"
    row = ",".join(f"{value:.6f}" for value in OPEN)
    path.write_text("\n".join([",".join(HEADER), f"0,{row}", f"0.9,{row}"]))
    mixed, player = graph(), client()
    goal = player.play(str(path), 0.5, seconds=0.0, regions="mouth")
    assert player.result(goal) == (SUCCEEDED, "shown to its end")
    lowest = min(face.values[JAW] for face in mixed.faces)
    assert lowest >= (controls.NEUTRAL[JAW] + OPEN[JAW]) / 2 - 1e-4


@pytest.mark.parametrize(
    ("goal", "reason"),
    [
        ({"name": "grimace"}, "grimace"),
        ({"name": "/nowhere/clip.csv"}, "/nowhere/clip.csv"),
        ({"name": "smile", "intensity": 7.0}, "intensity: expected 0 to 1, got 7"),
        ({"name": "smile", "seconds": 0.0}, "seconds: expected above 0 to 3600, got 0"),
        ({"name": "smile", "regions": "ears"}, "unknown region 'ears'"),
    ],
)
def test_action_that_cannot_be_is_aborted_with_the_reason(graph, client, goal, reason):
    mixed, player = graph(), client()
    status, message = player.result(player.play(**goal))
    assert status == ABORTED
    assert reason in message
    mixed.wait_for_jaw(controls.NEUTRAL[JAW] - 1e-6, controls.NEUTRAL[JAW] + 1e-6)


def test_expression_that_cannot_be_is_refused_with_the_reason(graph):
    answer = graph().express("grimace")
    assert not answer.success
    assert "unknown expression 'grimace'" in answer.message


@pytest.mark.parametrize("text", [{"name": "smile," * 1000}, {"regions": "mouth," * 1000}])
def test_expression_whose_text_is_too_long_is_refused_unread(graph, text):
    response = graph().express(**text)
    assert not response.success
    assert "expected at most 4096 characters, got 6000" in response.message


def test_expression_for_which_there_is_no_room_is_refused_and_imitation_goes_on(graph, tmp_path):
    file = tmp_path / "sources.yaml"
    names = "\n".join(f"  s{number}:" for number in range(MOST_SOURCES))
    file.write_text(f"sources:\n{names}\n")
    mixed = graph(sources_file=str(file))
    answer = mixed.express()
    assert not answer.success
    assert f"there are {MOST_SOURCES} sources already" in answer.message
    mixed.wait_for_jaw(controls.NEUTRAL[JAW] - 1e-6, controls.NEUTRAL[JAW] + 1e-6)
    assert mixed.express("").success


def test_expression_ends_at_once_when_it_is_told_to(ros, graph, tmp_path, wait_until):
    file = tmp_path / "sources.yaml"
    file.write_text("sources: {express: {timeout: 60.0}}")
    mixed = graph(sources_file=str(file))
    assert mixed.express().success
    wait_until(lambda: mixed.states and mixed.states[-1].live == ["express"], what="its begin")
    assert mixed.express("").success
    wait_until(lambda: mixed.states[-1].live == [], what="its end")


def test_expression_is_faded_out_after_a_deactivation_without_imitation(graph, wait_until):
    mixed = graph()
    assert mixed.express().success
    wait_until(lambda: mixed.states and mixed.states[-1].live == ["express"], what="its begin")
    assert mixed.node.trigger_deactivate() is TransitionCallbackReturn.SUCCESS
    assert mixed.node.trigger_activate() is TransitionCallbackReturn.SUCCESS
    wait_until(lambda: mixed.states[-1].live == [], what="its end")


def test_file_of_sources_that_cannot_be_read_is_refused(graph):
    mixed = graph(sources_file="/nowhere/sources.yaml")
    assert mixed.node.state == "unconfigured"
    assert "cannot read the sources in /nowhere/sources.yaml" in mixed.node.diagnosis().message
