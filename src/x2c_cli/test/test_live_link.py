# SPDX-License-Identifier: Apache-2.0
"""The live page's link to running nodes."""

import numpy as np
import pytest
import rclpy
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.parameter import Parameter
from sensor_msgs.msg import CompressedImage
from std_srvs.srv import Trigger

from x2c_actuation.actuation_node import ActuationNode
from x2c_bringup.errors import PageError
from x2c_bringup.page.newest import Blob, Newest, encode
from x2c_bringup.page.sliders import Sliders
from x2c_bringup.page.wishes import SliderMove, Wish
from x2c_cli.bus.live.live_link import LiveLink
from x2c_cli.bus.live.live_news import LiveNews
from x2c_core.control_space import controls
from x2c_msgs.msg import (
    ActuationState,
    ControlLayer,
    ControlValues,
    FaceLandmarks,
    MixerState,
)
from x2c_node import qos
from x2c_node.diagnostics import Diagnosis, Level


@pytest.fixture
def newest():
    return Newest()


def face(stamp, **fields):
    message = FaceLandmarks(image_width=640, image_height=480, state=1, track_id=3, **fields)
    message.header.stamp.sec = stamp
    return message


def test_messages_that_no_viewer_can_show_are_left_out(newest):
    news = LiveNews(newest)
    news.face(face(1, landmarks=[float("nan")] * 1434))
    image = CompressedImage(data=b"\xff\xd8", format="jpeg")
    image.header.stamp.sec = 1
    news.camera(image)
    assert newest.get("camera").about["face"]["points"] == []
    news.values(ControlValues(values=[float("inf")] * 30, state=1))
    assert newest.get("values") is None
    encode(newest.since(0)[1])


def test_landmarks_go_with_their_image(newest):
    news = LiveNews(newest)
    landmarks = np.tile([10.04, 20.0, 0.0], 478)
    news.face(face(1, landmarks=landmarks))
    image = CompressedImage(data=b"\xff\xd8", format="jpeg")
    image.header.stamp.sec = 1
    news.camera(image)
    shown = newest.get("camera")
    assert isinstance(shown, Blob)
    assert shown.about["face"]["points"] == [100, 200] * 478
    assert newest.get("face") == {"tracking": True, "person": 3}


def test_figures_that_are_not_known_yet_are_none(newest):
    news = LiveNews(newest)
    news.reports(
        {
            "/actuation_node": Diagnosis(
                Level.OK, "fine", {"camera to command p50 [ms]": "nan", "commands rate [Hz]": "9"}
            ),
            "/face_tracker_node": Diagnosis(Level.WARN, "\udcff", {"neutral sureness": "70%"}),
        }
    )
    figures = newest.get("figures")
    assert (figures["latency p50 [ms]"], figures["commands [Hz]"]) == (None, 9.0)
    assert newest.get("person")["sureness"] == "70%"
    encode(newest.since(0)[1])


def test_the_page_sees_and_operates_nodes_that_others_started(ros, newest, wait_until):
    node = ActuationNode(
        parameter_overrides=[Parameter("use_joint_states", value=False)], namespace="left"
    )
    ros.add(node)
    node.start()
    values = ros.publish(ControlValues, "/left/control_values", qos.NEWEST)
    # What an earlier test has left in the graph may still be seen.
    link = LiveLink(newest, "/left", "image_raw", Sliders(newest))
    link.start()
    try:
        assert newest.get("actuation") is None
        link.watch(True)
        wait_until(lambda: newest.get("actuation"), what="a state")
        assert newest.get("robot name")["namespace"] == "/left"
        assert any("/left/image_raw" in text for text in newest.get("missing"))

        def shown():
            values.publish(ControlValues(values=controls.NEUTRAL, state=1, confidence=1.0))
            return newest.get("values")

        wait_until(shown, what="control values")
        wait_until(lambda: newest.get("settings"), what="settings")
        link.do(Wish("set", "actuation_node", "gain_brow", 2))
        wait_until(lambda: node.params.gain_brow == 2.0, what="the gain")
        link.do(Wish("set", "actuation_node", "gain_brow", 99.0))
        wait_until(lambda: failures(newest), what="a refusal")
        link.stop()
        wait_until(
            lambda: (
                newest.get("stop")
                == {"asserted": True, "stopped": ["/left/actuation_node"], "others": []}
            ),
            what="a confirmed stop",
        )
        link.do(Wish("reset"))
        wait_until(
            lambda: newest.get("actuation")["state"] == "disabled", what="the end of the stop"
        )
        link.do(Wish("enable"))
        wait_until(lambda: newest.get("actuation")["armed"], what="an enabled node")
        link.watch(False)
        topic = "/left/actuation_node/state"
        wait_until(lambda: not ros.node.count_subscribers(topic), what="the end of listening")
    finally:
        link.close()


def test_of_several_robots_none_is_operated_and_all_are_stopped(
    ros, newest, wait_until, monkeypatch
):
    monkeypatch.setattr("x2c_cli.bus.live.live_link._UNWATCHED", 0.1)
    nodes = []
    for namespace in ("left", "right"):
        node = ActuationNode(
            parameter_overrides=[Parameter("use_joint_states", value=False)], namespace=namespace
        )
        ros.add(node)
        node.start()
        nodes.append(node)
    link = LiveLink(newest, "", "image_raw", Sliders(newest))
    link.start()

    def is_asked_for():
        try:
            link.robot()
        except PageError as error:
            return "--namespace" in str(error)

    try:
        # While only one is discovered, that one is shown.
        wait_until(is_asked_for, what="the choice")
        link.watch(True)
        # What an earlier test has left in the graph may still be seen.
        wait_until(
            lambda: any("/left, /right" in text for text in newest.get("missing") or ()),
            what="both robots",
        )
        assert newest.get("actuation") is None
        link.do(Wish("disable"))
        wait_until(lambda: failures(newest), what="a refusal")
        link.stop()
        names = ["/left/actuation_node", "/right/actuation_node"]
        wait_until(
            lambda: set(names) <= set(newest.get("stop")["stopped"]), what="a confirmed stop"
        )
    finally:
        link.close()


def test_a_page_sets_only_what_it_shows(ros, newest, wait_until):
    link = LiveLink(newest, "/left", "image_raw", Sliders(newest))
    link.start()
    try:
        link.do(Wish("set", "../right/actuation_node", "gain_brow", 2.0))
        (text,) = wait_until(lambda: failures(newest), what="a refusal")
        assert "does not offer" in text
    finally:
        link.close()


def test_styles_set_all_gains_and_are_known_by_them(ros, newest, wait_until):
    node = ActuationNode(
        parameter_overrides=[Parameter("use_joint_states", value=False)], namespace="left"
    )
    ros.add(node)
    node.start()
    styles = {
        name: {f"gain_{group}": gain for group in controls.Group}
        for name, gain in (("calm", 0.5), ("plain", 1.0))
    }
    link = LiveLink(newest, "/left", "", Sliders(newest), styles=styles)
    link.start()
    link.watch(True)
    try:
        wait_until(lambda: newest.get("styles"), what="the styles")
        assert newest.get("styles") == {"names": ["calm", "plain"], "chosen": "plain"}
        assert newest.get("people") is None
        link.do(Wish("style", value="calm"))
        wait_until(lambda: newest.get("styles")["chosen"] == "calm", what="the style")
        assert (node.params.gain_brow, node.params.gain_neck) == (0.5, 0.5)
        link.do(Wish("style", value="clam"))
        (text,) = wait_until(lambda: failures(newest), what="a refusal")
        assert "no style 'clam'; did you mean 'calm'" in text
        link.do(Wish("set", "actuation_node", "gain_brow", 2.0))
        wait_until(lambda: newest.get("styles")["chosen"] == "", what="gains of no style")
    finally:
        link.close()


def test_people_are_listed_saved_and_chosen(ros, newest, wait_until):
    tracker = rclpy.create_node("face_tracker_node", namespace="left", context=ros.node.context)
    tracker.declare_parameter("person", "")

    def listed(request, response):
        response.message = "Ada, Bert"
        return response

    tracker.create_service(Trigger, "~/list_people", listed)
    ros.publish(ActuationState, "/left/actuation_node/state", 1)
    ros.add(tracker)
    link = LiveLink(newest, "/left", "", Sliders(newest))
    link.start()
    link.watch(True)
    try:
        wait_until(lambda: newest.get("people"), what="the people")
        assert newest.get("people") == {"names": ["Ada", "Bert"], "chosen": ""}
        assert newest.get("settings") == []
        for name, said in (("Ada", "is used"), ("Cleo", "is saved")):
            link.do(Wish("set", "face_tracker_node", "person", name))
            wait_until(lambda name=name: newest.get("people")["chosen"] == name)
            assert said in newest.get("lines")[-1]["text"]
    finally:
        link.close()


def failures(newest):
    return [line["text"] for line in newest.get("lines") or () if line["failed"]]


def test_reports_of_other_robots_are_left_out(ros, newest, wait_until):
    link = LiveLink(newest, "/left", "image_raw", Sliders(newest))
    publisher = ros.publish(DiagnosticArray, "/diagnostics", 10)
    link.start()
    link.watch(True)
    try:

        def shown():
            names = ("/right/camera_node", "/left/camera_node")
            status = [DiagnosticStatus(name=name, level=b"\x00") for name in names]
            publisher.publish(DiagnosticArray(status=status))
            return newest.get("nodes")

        assert [one["name"] for one in wait_until(shown)] == ["/left/camera_node"]
    finally:
        link.close()


def test_sliders_move_a_robot_that_nothing_else_moves_until_a_stop(ros, newest, wait_until):
    node = ActuationNode(
        parameter_overrides=[Parameter("use_joint_states", value=False)], namespace="left"
    )
    ros.add(node)
    node.start()
    received = ros.collect(ControlValues, "/left/control_values")
    sliders = Sliders(newest)
    link = LiveLink(newest, "/left", "image_raw", sliders)
    link.start()
    link.watch(True)
    try:
        wait_until(lambda: newest.get("actuation"), what="a state")
        wait_until(lambda: refusal(link) is None, what="sliders that may move")
        wait_until(lambda: received, what="control values")
        assert received[-1].values[controls.index("Jaw Pitch")] == pytest.approx(0.25)
        link.stop()
        assert sliders.layer.empty
        with pytest.raises(PageError, match="emergency stop"):
            link.move(SliderMove({"Jaw Pitch": 0.0}))
        link.do(Wish("reset"))
        wait_until(lambda: refusal(link) is None, what="the reset")
        # No page is visible any more.
        link.watch(False)
        assert sliders.layer.empty
        wait_until(
            lambda: not ros.node.count_publishers("/left/control_values"), what="its silence"
        )
    finally:
        link.close()


def test_sliders_share_the_face_through_a_mixer_and_never_without(ros, newest, wait_until):
    ros.publish(ControlValues, "/left/control_values", qos.NEWEST)
    link = LiveLink(newest, "/left", "image_raw", Sliders(newest))
    link.start()
    link.watch(True)
    try:
        wait_until(lambda: "no mixer runs" in (refusal(link) or ""), what="a refusal")
        state = ros.publish(MixerState, "/left/mixer/state", qos.LATCHED)
        state.publish(MixerState(regions=["mouth"], winners=["speech"], live=["speech"]))
        layers = ros.collect(ControlLayer, "/left/sources/sliders")
        wait_until(lambda: newest.get("mixer"), what="the mixer's state")
        assert newest.get("mixer")["regions"] == {"mouth": "speech"}
        wait_until(lambda: refusal(link) is None, what="sliders that may move")
        wait_until(lambda: layers, what="a layer")
        assert sum(layers[-1].mask) == 1.0
        link.let_go()
        wait_until(lambda: not sum(layers[-1].mask), what="the end")
    finally:
        link.close()


def refusal(link):
    """Return why a slider cannot be moved; None if it was."""
    try:
        link.move(SliderMove({"Jaw Pitch": 0.25}))
    except PageError as error:
        return str(error)
