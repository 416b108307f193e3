# SPDX-License-Identifier: Apache-2.0
import dataclasses
import sys
import threading

import pytest
from rclpy.logging import LoggingSeverity, get_logger_effective_level

from x2c_bringup.errors import ConfigureError, GraphError
from x2c_bringup.graph.node_specs import build_graph
from x2c_bringup.graph.options import GraphOptions
from x2c_bringup.run.composed import ComposedGraph, make_node
from x2c_msgs.msg import ControlValues
from x2c_node.errors import ThreadError
from x2c_node.managed_node import ManagedNode


def graph(**options):
    return ComposedGraph(build_graph(GraphOptions(log_level="error", **options)))


def hosts():
    return [one.name for one in threading.enumerate() if one.name.endswith("_node")]


def test_composed_nodes_imitate_and_stop(ros, wait_until):
    frames = ros.collect(ControlValues, "/r1/control_values")
    with graph(filename="performer", namespace="r1") as composed:
        composed.start()
        wait_until(
            lambda: any(one.state == ControlValues.TRACKING for one in frames),
            what="control values that follow a face",
        )
        said = composed.diagnoses()
        assert {one.values["state"] for one in said.values()} == {"active"}
        assert next(iter(said)) == "camera_node"
        assert not composed.finished
    assert hosts() == []


def test_a_second_graph_is_refused_at_once_and_not_after_the_first(ros):
    first = graph(filename="performer", face=False)
    # In no namespace of the first.
    graph(filename="performer", face=False, namespace="r2").stop()
    with pytest.raises(GraphError, match="another graph runs already: /camera_node, "):
        graph(filename="performer", face=False)
    first.stop()
    graph(filename="performer", face=False).stop()


def test_of_two_graphs_that_start_at_the_same_time_one_is_refused(ros, monkeypatch):
    # Neither has made a node when the other looks.
    monkeypatch.setattr("x2c_bringup.run.composed.refuse_held", lambda specs, domain: None)
    first = graph(filename="performer", face=False)
    with pytest.raises(GraphError, match="another graph runs already: /camera_node "):
        graph(filename="performer", face=False)
    assert len(hosts()) == len(set(hosts()))
    first.stop()
    assert hosts() == []


def test_joints_are_watched_while_the_tracker_is_loaded(ros, monkeypatch):
    done = []

    def noting(verb, transition):
        def note(node, state):
            result = transition(node, state)
            done.append((verb, node.get_name()))
            return result

        monkeypatch.setattr(ManagedNode, f"on_{verb}", note)

    noting("configure", ManagedNode.on_configure)
    noting("activate", ManagedNode.on_activate)
    with graph(filename="performer") as composed:
        composed.start()
        takes = [one.topic_name for one in composed._hosts[4].node.subscriptions]
    assert composed._hosts[4].name == "actuation_node"
    joints = [("activate", "virtual_face_node"), ("activate", "actuation_node")]
    begin = done.index(joints[0])
    assert done[begin : begin + 2] == joints
    assert done.index(("configure", "face_tracker_node")) > begin
    assert [name for verb, name in done[begin + 2 :] if verb == "activate"] == [
        *("face_mixer_node", "imitation_node", "face_tracker_node", "camera_node"),
    ]
    # Messages are handed on directly all the same.
    assert not any(topic.endswith(("control_values", "joint_states")) for topic in takes)


def test_the_first_image_reaches_the_tracker(ros, wait_until, tmp_path):
    import cv2
    import numpy as np

    path = tmp_path / "picture.png"
    cv2.imwrite(str(path), np.zeros((48, 64, 3), np.uint8))
    with graph(filename=str(path), face=False) as composed:
        composed.start()
        wait_until(
            lambda: "image total" in composed.diagnoses()["face_tracker_node"].values,
            what="the image at the tracker",
        )


def test_the_level_of_the_log_ends_with_the_graph(ros):
    before = get_logger_effective_level("camera_node")
    composed = graph(filename="performer")
    assert get_logger_effective_level("camera_node") == LoggingSeverity.ERROR
    composed.stop()
    assert get_logger_effective_level("camera_node") == before


def test_a_node_that_refuses_is_named_with_its_reason(ros):
    with (
        graph(filename="performer", robot="hal") as composed,
        pytest.raises(ConfigureError, match=r"actuation_node cannot configure: unknown robot"),
    ):
        composed.start()
    assert hosts() == []


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"params_file": "/no/such.yaml"}, r"no parameter file /no/such\.yaml"),
        ({"namespace": "not a name"}, "camera_node cannot be made"),
        ({"image_topic": "not a name"}, "camera_node cannot be made"),
    ],
)
def test_what_ros_refuses_is_a_clear_error(ros, options, reason):
    with pytest.raises(ConfigureError, match=reason):
        graph(filename="performer", **options)
    assert hosts() == []


def test_a_file_name_that_is_no_text_is_refused_with_what_to_do(ros):
    with pytest.raises(ConfigureError, match=r"filename: .*udcff.* is no text in UTF-8.*rename"):
        graph(filename="/data/\udcff.mp4")


def test_a_node_whose_thread_has_ended_keeps_nothing_waiting(ros):
    with graph(filename="performer", face=False) as composed:
        host = composed._hosts[0]
        # As where ROS is shut down from outside.
        host._ending.set()
        host._thread.join(30.0)
        with pytest.raises(ThreadError, match="camera_node spins no more"):
            composed.diagnoses()
    assert hosts() == []


@pytest.mark.parametrize(
    ("missing", "remedy"),
    [
        ("x2c_virtual_face", "sudo apt install ros-kilted-x2c-virtual-face"),
        ("mujoco", "pip install mujoco"),
    ],
)
def test_what_the_virtual_robot_needs_is_named_where_it_is_missing(monkeypatch, missing, remedy):
    monkeypatch.setenv("ROS_DISTRO", "kilted")
    for name in [name for name in sys.modules if name.startswith("x2c_virtual_face")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    spec = build_graph(GraphOptions(robot="virtual"))[-1]
    # The node itself imports MuJoCo as it is configured, its face at once.
    spec = dataclasses.replace(spec, class_path="x2c_virtual_face.virtual_face:VirtualFace")
    with pytest.raises(ConfigureError, match=f"needs {missing}, which is not installed: {remedy}"):
        make_node(spec)
