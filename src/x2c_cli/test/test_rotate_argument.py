# SPDX-License-Identifier: Apache-2.0
"""The turn of the images goes to the node that can turn them."""

import argparse

import pytest

from x2c_cli.commands.imitation import imitate


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
    parameters = imitate._options(parser.parse_args(words), "").node_parameters
    assert {node: values["rotate"] for node, values in parameters.items()} == expected
