# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import pytest

from x2c_bringup.checks.unheard import unheard
from x2c_bringup.graph.node_specs import build_graph
from x2c_bringup.graph.options import GraphOptions
from x2c_bringup.shared_files import default_params_file


@pytest.fixture
def warning_of(tmp_path):
    def of(text, **surrounding):
        file = tmp_path / "mine.yaml"
        file.write_text(text)
        nodes = build_graph(GraphOptions(params_file=str(file)))
        return unheard([replace(node, surrounding=surrounding) for node in nodes])

    return of


@pytest.mark.parametrize(
    "name", ["mirror", "bag", "autostart", "use_sim_time", "qos_overrides./x.publisher.depth"]
)
def test_what_any_node_has_can_be_given_to_all(warning_of, name):
    assert warning_of("{}", **{name: "x"}) == ""
    assert warning_of(f"/**: {{ros__parameters: {{{name}: true}}}}") == ""


def test_what_no_node_has_is_said_once(warning_of):
    said = warning_of("/**: {ros__parameters: {miror: true, loop: true}}", colour="red")
    assert said == "no node has these parameters: colour, miror (did you mean mirror?)"


def test_what_is_given_to_one_node_is_left_to_it():
    assert unheard(build_graph(GraphOptions(params_file=str(default_params_file())))) == ""
    assert unheard(build_graph(GraphOptions())) == ""


def test_a_block_of_one_node_is_not_for_all(warning_of):
    assert warning_of("/**/camera_node: {ros__parameters: {miror: true}}") == ""
