# SPDX-License-Identifier: Apache-2.0
"""The turn of the images goes to the node that can turn them."""

import argparse

import pytest

from x2c_bringup.graph.node_specs import build_graph
from x2c_cli.commands.imitation import imitate, replay
from x2c_cli.commands.imitation.source import common_options


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], {}),
        (["--rotate", "180"], {"camera_node": 180, "face_tracker_node": 0}),
        (["--rotate", "0"], {"camera_node": 0, "face_tracker_node": 0}),
        (["--rotate", "90", "--no-camera"], {"face_tracker_node": 90}),
        (["--rotate", "90", "--image-topic", "/eye/image_raw"], {"face_tracker_node": 90}),
    ],
)
def test_rotate_reaches_the_node_that_has_the_images(words, expected):
    parser = argparse.ArgumentParser()
    imitate.add_arguments(parser)
    nodes = build_graph(imitate._options(parser.parse_args(words), ""))
    turns = {one.name: one.parameters["rotate"] for one in nodes if "rotate" in one.parameters}
    assert turns == expected


def test_replay_takes_the_same_options_as_imitate():
    parser = argparse.ArgumentParser()
    replay.add_arguments(parser)
    words = ["bag", "--mirror", "--rotate", "90", "--neutral", "rest.png"]
    arguments = parser.parse_args(words)
    options = common_options(arguments, "", arguments.neutral)
    assert (options.mirror, options.rotate, options.neutral_file) == (True, "90", "rest.png")
