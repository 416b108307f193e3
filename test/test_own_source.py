# SPDX-License-Identifier: Apache-2.0
"""Sources of packages that are not ours: the examples, and broken ones."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from rclpy.parameter import Parameter
from sensor_msgs.msg import Image
from std_msgs.msg import Float32

from x2c_bringup.checks.preflight import check_graph
from x2c_bringup.errors import GraphError
from x2c_bringup.graph.node_specs import build_graph
from x2c_bringup.graph.options import GraphOptions
from x2c_cli import cli
from x2c_cli.doctor.finding import CheckResult
from x2c_cli.doctor.implementations import implementations
from x2c_core.control_space import controls
from x2c_core.sources.camera_source import CAMERA_SOURCES
from x2c_core.system.registry import RegistryError
from x2c_imitation.expression_source_node import ExpressionSourceNode
from x2c_msgs.msg import ControlValues
from x2c_node.conversion.headers import to_nanoseconds
from x2c_node.conversion.images import image_to_bgr
from x2c_node.qos import IMAGE_SUBSCRIBER, STREAM
from x2c_perception.camera_node import CameraNode
from x2c_perception.cameras.choice import choose_source

GROUP = "x2c.camera_sources"
EXAMPLES = Path(__file__).parents[1] / "examples"


@pytest.fixture
def example(install_example, monkeypatch):
    site = install_example("own_source")
    for module in [name for name in sys.modules if name.partition(".")[0] == "own_source"]:
        monkeypatch.delitem(sys.modules, module)
    return site


@pytest.fixture
def wide_image(tmp_path):
    """An image file, 200 x 50 pixels, that gets brighter from left to right."""
    path = tmp_path / "wide.png"
    ramp = np.linspace(0, 200, 200).astype(np.uint8)
    cv2.imwrite(str(path), np.broadcast_to(ramp[None, :, None], (50, 200, 3)))
    return path


@pytest.fixture
def start(ros):
    """Start a node with parameters: start(CameraNode, filename="...")."""

    def start(kind, *remappings, **given_values):
        overrides = [Parameter(name, value=value) for name, value in given_values.items()]
        words = [word for rule in remappings for word in ("-r", rule)]
        arguments = ["--ros-args", *words] if words else None
        node = ros.add(kind(parameter_overrides=overrides, cli_args=arguments))
        node.start()
        return node

    return start


def test_camera_node_shows_a_source_of_another_package_with_its_options(
    example, ros, start, wide_image, wait_until
):
    images = ros.collect(Image, "image_raw", IMAGE_SUBSCRIBER)
    node = start(CameraNode, filename=f"panning_image:{wide_image}", zoom=4.0, period=0.4)
    assert node.fault == ""
    assert (node.options.zoom, node.options.period) == (4.0, 0.4)
    (described,) = node.describe_parameters(["zoom"])
    assert "Width of the image by that of the window" in described.description

    def left_ends():
        return {int(image_to_bgr(image)[0, 0, 0]) for image in list(images)}

    wait_until(lambda: max(left_ends(), default=0) - min(left_ends(), default=0) > 100, "a pan")
    assert (images[0].width, images[0].height) == (50, 12)


def test_the_check_before_a_start_opens_a_source_of_another_package(example, wide_image):
    def check(filename):
        check_graph(build_graph(GraphOptions(filename=filename, face=False)))

    check(f"panning_image:{wide_image}")
    with pytest.raises(Exception, match=r"gone\.png: expected an image file that OpenCV reads"):
        check("panning_image:gone.png")


@pytest.mark.parametrize(
    ("given_values", "reason"),
    [
        ({"filename": "panning_image:gone.png"}, "gone.png: expected an image file"),
        ({"zoom": "wide"}, "parameter zoom: expected float, got 'wide' (str)"),
        ({"zoom": 0.5}, "parameter zoom: expected 1.0 to 20.0, got 0.5"),
        ({"filename": "panning_imag:x.png"}, "there is no file"),
    ],
)
def test_what_such_a_source_cannot_do_is_one_sentence(
    example, start, wide_image, given_values, reason
):
    node = start(CameraNode, **{"filename": f"panning_image:{wide_image}", **given_values})
    assert node.state == "unconfigured"
    assert reason in node.fault
    assert "\n" not in node.fault


def test_an_option_that_the_source_does_not_have_is_named(example, start, wide_image, capfd):
    start(CameraNode, filename=f"panning_image:{wide_image}", zom=3.0)
    said = capfd.readouterr()
    assert "does not have: zom (did you mean zoom?)" in said.out + said.err


GOOD = """
from x2c_core.sources.camera_source import CameraSource
class Grey(CameraSource):
    "Shows nothing."
    def open(self): pass
    def read(self): return None
    def close(self): pass
    @property
    def size(self): return (1, 1)
class Unfinished(CameraSource):
    def open(self): pass
class Untyped(Grey):
    Options = {"zoom": 2.0}
class Shouting(Grey):
    priority = 10
    @classmethod
    def accepts(cls, text): raise RuntimeError("no")
class Ownerless(Grey):
    @classmethod
    def from_text(cls, text, options): return None
class Strict(Grey):
    def __init__(self, text): pass
class NoSource:
    pass
"""

BROKEN = [
    ("Grey", "raise OSError('no lens')", "(broken:Grey) cannot be imported: OSError: no lens"),
    ("Grey", "import lens_works", "needs the Python module 'lens_works', which is not installed"),
    (
        "Absent",
        GOOD,
        "(broken:Absent) cannot be imported: AttributeError: module 'broken' has no attribute",
    ),
    ("NoSource", GOOD, "is broken:NoSource, which is no subclass of CameraSource: expected"),
    ("Unfinished", GOOD, "lacks what every camera source has: close, read, size"),
    ("Untyped", GOOD, "has the options {'zoom': 2.0}: expected a frozen dataclass"),
]


@pytest.mark.parametrize(("name", "source", "text"), BROKEN, ids=[one[0] for one in BROKEN])
def test_a_broken_source_is_one_sentence_and_the_rest_works(
    install_module, start, tmp_path, name, source, text
):
    install_module("broken", GROUP, {"mine": f"broken:{name}"}, source)
    node = start(CameraNode, filename="mine:x")
    assert f"the camera source 'mine' of the package broken {text}" in node.fault
    assert "\n" not in node.fault
    # All others are there, and the doctor says what is wrong with this one.
    assert choose_source("", "performer").name.endswith(".mp4")
    cv2.imwrite(str(tmp_path / "one.png"), np.zeros((4, 4, 3), np.uint8))
    assert choose_source("", str(tmp_path / "one.png"))
    warnings = [one for one in implementations() if one.verdict is CheckResult.WARN]
    assert [one.text for one in warnings] == [CAMERA_SOURCES.problems()["mine"]]


def test_a_source_that_fails_to_say_what_it_accepts_is_passed_over(install_module, tmp_path):
    install_module("shouting", GROUP, {"mine": "shouting:Shouting"}, GOOD)
    cv2.imwrite(str(tmp_path / "one.png"), np.zeros((4, 4, 3), np.uint8))
    assert choose_source("", str(tmp_path / "one.png"))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("Ownerless", "the camera source lens.Ownerless gives None; expected an instance"),
        ("Strict", "the camera source lens.Strict cannot be made from 'x': TypeError: "),
    ],
)
def test_a_source_that_cannot_be_made_is_one_sentence(install_module, start, name, reason):
    install_module("lens", GROUP, {"mine": f"lens:{name}"}, GOOD)
    node = start(CameraNode, filename="mine:x")
    assert reason in node.fault
    assert "\n" not in node.fault


def test_a_name_of_two_packages_is_refused_and_the_rest_works(install_module):
    for package in ("lenses_a", "lenses_b"):
        install_module(package, GROUP, {"mine": f"{package}:Grey"}, GOOD)
    text = "lenses_a and lenses_b both provide the camera source 'mine': uninstall one of them"
    with pytest.raises(RegistryError, match=text):
        choose_source("", "mine:x")
    assert choose_source("", "performer")


def test_an_expression_source_of_another_package_drives_a_robot(example, ros, start, wait_until):
    got = ros.collect(ControlValues, "control_values", STREAM)
    node = start(ExpressionSourceNode, source="blinking", period=0.5)
    assert node.fault == ""
    lid = controls.index("Eyelid Upper Left")

    def lids():
        return [one.values[lid] for one in list(got)]

    neutral = controls.NEUTRAL[lid]
    wait_until(lambda: lids() and min(lids()) < 0.5 * neutral < max(lids()), what="a blink")


def test_a_node_of_thirty_lines_shares_the_face(ros, start, wait_until):
    path = EXAMPLES / "share_the_face" / "share_the_face.py"
    spec = importlib.util.spec_from_file_location("share_the_face", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    imitated = ros.collect(ControlValues, "imitated/control_values", STREAM)
    shared = ros.collect(ControlValues, "control_values", STREAM)
    ros.add(module.ShareTheFace())
    start(ExpressionSourceNode, "control_values:=imitated/control_values", source="smile")
    level = ros.publish(Float32, "speech_level")
    wait_until(level.get_subscription_count, what="the node's subscription")
    level.publish(Float32(data=0.5))
    jaw = controls.index("Jaw Pitch")
    wait_until(lambda: shared and abs(shared[-1].values[jaw] - 0.75) < 1e-6, what="the jaw")
    last = shared[-1]
    stamp = to_nanoseconds(last.header.stamp)
    (same,) = [one for one in list(imitated) if to_nanoseconds(one.header.stamp) == stamp]
    assert same.values[jaw] == 1.0
    others = [index for index in range(controls.COUNT) if index != jaw]
    assert [last.values[k] for k in others] == [same.values[k] for k in others]
    assert last.state == same.state


def test_options_of_a_source_reach_the_camera_of_the_graph(example, wide_image):
    options = GraphOptions(
        filename=f"panning_image:{wide_image}", camera_options="zoom=4 period=0.5"
    )
    camera = build_graph(options)[0]
    assert camera.parameters["zoom"] == 4.0
    assert camera.parameters["period"] == 0.5


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("zom=4", "camera_options: .*'zom'.*did you mean 'zoom'"),
        ("zoom=wide", "camera_options: zoom: expected float, got 'wide'"),
        ("zoom=0.5", "camera_options: zoom: expected 1.0 to 20.0, got 0.5"),
        ("zoom", "camera_options: expected NAME=VALUE, got 'zoom'"),
        ("zoom='4", "camera_options: No closing quotation"),
    ],
)
def test_an_option_that_cannot_be_is_refused_before_the_start(example, wide_image, text, reason):
    options = GraphOptions(filename=f"panning_image:{wide_image}", camera_options=text)
    with pytest.raises(GraphError, match=reason):
        build_graph(options)


def test_sources_are_listed_with_their_options(example, install_module, capsys):
    install_module("broken", GROUP, {"mine": "broken:Absent"}, GOOD)
    with pytest.raises(SystemExit) as ended:
        cli.main(["sources"])
    said = capsys.readouterr().out
    assert ended.value.code == 1
    assert "  panning_image (own_source)\n      zoom (float, 2.0): Width of the image" in said
    assert "  blinking (own_source)" in said
    assert "  bag (x2c_bags): a bag\n      topic (str, ''): Topic of the images" in said
    assert "  mine: cannot be used: the camera source 'mine' of the package broken" in said
