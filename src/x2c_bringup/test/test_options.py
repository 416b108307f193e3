# SPDX-License-Identifier: Apache-2.0
import dataclasses
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from x2c_actuation.parameters import ActuationParameters
from x2c_bags.bag_player_node import BagPlayerParameters
from x2c_bringup.errors import GraphError
from x2c_bringup.graph.options import GraphOptions, option_texts
from x2c_bringup.graph.replay import replay_texts
from x2c_imitation.imitation_parameters import ImitationParameters
from x2c_perception.camera_node import CameraParameters
from x2c_perception.face_tracker_parameters import FaceTrackerParameters


def test_options_written_as_texts_come_back():
    texts = {text.name: text.default for text in option_texts()}
    assert GraphOptions.from_texts(texts) == GraphOptions()


@pytest.mark.parametrize(
    ("texts", "nodes"),
    [
        (
            option_texts(),
            (CameraParameters, FaceTrackerParameters, ImitationParameters, ActuationParameters),
        ),
        (replay_texts(), (BagPlayerParameters,)),
    ],
    ids=["imitation", "replay"],
)
def test_defaults_that_texts_name_are_those_of_the_nodes(texts, nodes):
    named = {
        text.name: found[1]
        for text in texts
        if (found := re.search(r"empty: as in params_file \((.*?)\)", text.description))
    }
    assert "loop" in named
    # That one is of rclpy.
    named.pop("use_sim_time", None)
    for name, text in named.items():
        defaults = {
            str(field.default).lower() or "none"
            for node in nodes
            for field in dataclasses.fields(node)
            if field.name == name
        }
        assert defaults == {text}, name


def test_every_option_is_described_in_a_sentence():
    texts = option_texts()
    names = [field.name for field in dataclasses.fields(GraphOptions)]
    names.remove("backend_options")
    assert [text.name for text in texts] == names
    assert all(text.description.endswith((".", ").")) for text in texts)
    assert all(text.default in text.choices for text in texts if text.choices)


@given(st.sampled_from(["true", "True", "TRUE", "1"]))
def test_switches_are_read_as_launch_reads_them(text):
    assert GraphOptions.from_texts({"use_sim_time": text}).use_sim_time is True


@given(st.text().filter(lambda text: text.lower() not in ("true", "false", "0", "1")))
def test_other_words_are_no_switch(text):
    with pytest.raises(GraphError, match="face: expected true or false"):
        GraphOptions.from_texts({"face": text})


def test_unknown_options_are_refused_with_the_known_ones():
    with pytest.raises(GraphError, match="unknown option 'vidoe'; options: filename, "):
        GraphOptions.from_texts({"vidoe": "x.mp4"})


def test_choices_are_told():
    with pytest.raises(GraphError, match=r"log_level: expected one of 'debug', .* got 'loud'"):
        GraphOptions(log_level="loud")
    with pytest.raises(GraphError, match=r"image_transport: .* 'compressed', got 'theora'"):
        GraphOptions(image_transport="theora")


@pytest.mark.parametrize("given_to_nobody", ["filename", "video_device"])
def test_a_source_without_our_camera_is_refused(given_to_nobody):
    with pytest.raises(GraphError, match=f"{given_to_nobody}: has no effect"):
        GraphOptions(camera=False, **{given_to_nobody: "0"})


def test_a_topic_without_a_name_is_refused():
    with pytest.raises(GraphError, match="image_topic"):
        GraphOptions(image_topic="")
