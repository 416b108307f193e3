# SPDX-License-Identifier: Apache-2.0
import pytest
from rcl_interfaces.msg import Parameter, ParameterEvent, ParameterType, ParameterValue
from rclpy.qos import qos_profile_parameter_events

from x2c_bringup.checks.ends import USUAL_END, LongestEnds, longest_ends
from x2c_bringup.graph.node_specs import build_graph
from x2c_bringup.graph.options import GraphOptions


def ends(ease_times=None, **options):
    return longest_ends(build_graph(GraphOptions(**options)), ease_times)


def test_joints_get_the_time_of_their_ease():
    usual = ends()
    assert usual["actuation_node"] > USUAL_END + 1.0
    assert usual["virtual_face_node"] == usual["camera_node"] == USUAL_END


def test_what_a_parameter_file_says_counts(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text(
        "/left/actuation_node: {ros__parameters: {ease_time: 60.0}}\n"
        "/right/actuation_node: {ros__parameters: {ease_time: 90.0}}\n"
    )
    usual = ends()["actuation_node"]
    given = ends(params_file=str(path), namespace="left")
    assert given["actuation_node"] == pytest.approx(usual + 59.0)


def test_what_is_changed_while_nodes_run_counts_also_for_motors():
    changed = ends({"/actuation_node": 100.0}, robot="ameca")
    assert changed["actuation_node"] == changed["motor_driver_node"] > USUAL_END + 100.0


def test_an_ease_made_longer_while_the_nodes_run_is_waited_for(ros, wait_until):
    graph = LongestEnds(build_graph(GraphOptions()))
    graph.listen(ros.node)
    before = graph["actuation_node"]
    publisher = ros.publish(ParameterEvent, "/parameter_events", qos_profile_parameter_events)

    def longer():
        value = ParameterValue(type=ParameterType.PARAMETER_DOUBLE, double_value=100.0)
        changed = [Parameter(name="ease_time", value=value)]
        for node in ("/other/actuation_node", "/actuation_node"):
            publisher.publish(ParameterEvent(node=node, changed_parameters=changed))
        return graph["actuation_node"] > before + 90.0

    wait_until(longer, what="a longer end")
    assert graph["camera_node"] == USUAL_END


@pytest.mark.parametrize("wrong", [{"robot": "nix"}, {"params_file": "/no/file.yaml"}])
def test_nodes_that_will_refuse_to_start_get_the_usual_time(wrong):
    assert set(ends(**wrong).values()) == {USUAL_END}
