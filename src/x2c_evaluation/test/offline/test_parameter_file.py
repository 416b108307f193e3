# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
import rclpy
from rclpy.node import Node

from x2c_core.control_space import controls
from x2c_core.control_space.controls import Group
from x2c_evaluation.offline.results.statistics import limit_statistics
from x2c_evaluation.pipeline.frame_curves import FrameCurves
from x2c_evaluation.pipeline.settings import make_settings
from x2c_node.errors import ParameterFileError
from x2c_node.parameter_file import ParameterFile

GENERAL = "/**:\n  ros__parameters:\n    a: 2\n"
SPECIAL = "/robot1/face_tracker_node:\n  ros__parameters:\n    a: 1\n    b: 1\n"
NESTED = "robot1:\n  face_tracker_node:\n    ros__parameters:\n      a: 1\n"
IN_ALL = "/**:\n  face_tracker_node:\n    ros__parameters:\n      a: 1\n"


def ros_reads(file):
    """What a real node gets of the file."""
    context = rclpy.Context()
    rclpy.init(context=context, args=["test", "--ros-args", "--params-file", str(file)])
    try:
        node = Node("face_tracker_node", namespace="robot1", context=context)
        given = {name: one.value for name, one in node._parameter_overrides.items()}
        node.destroy_node()
    finally:
        rclpy.shutdown(context=context)
    return given


@pytest.mark.parametrize(
    "text",
    [
        "",
        GENERAL,
        SPECIAL,
        GENERAL + SPECIAL,
        SPECIAL + GENERAL,
        NESTED,
        NESTED + GENERAL,
        IN_ALL,
        IN_ALL + "  ros__parameters:\n    a: 5\n",
        # A block that is said again is where it was said first.
        GENERAL + SPECIAL + "/**:\n  ros__parameters:\n    a: 3\n    c: 3\n",
        "/**:\n  ros__parameters:\n    a: 1\n  ros__parameters:\n    b: 2\n",
        SPECIAL + "/*/face_tracker_node:\n  ros__parameters:\n    a: 4\n",
        "/**/camera_node:\n  ros__parameters:\n    a: 1\n/**: {}\n",
    ],
)
def test_a_file_is_read_as_a_node_reads_it(tmp_path, text):
    file = tmp_path / "params.yaml"
    file.write_text(text, encoding="utf-8")
    assert ParameterFile(file).of("face_tracker_node") == ros_reads(file)


@pytest.mark.parametrize(
    "text",
    [
        "- 1\n",
        "/**: 3\n",
        "/**:\n",
        "/**:\n  ros__parameters:\n",
        "/**:\n  smoothing: false\n",
        "a: &a\n  b: *a\n",
        "{",
    ],
)
def test_what_no_node_could_read_is_refused(tmp_path, text):
    file = tmp_path / "params.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ParameterFileError, match=r"params\.yaml"):
        ParameterFile(file)


@pytest.mark.parametrize("text", ["", "/**/face_traker_node:\n  ros__parameters:\n    a: 1\n"])
def test_a_file_for_none_of_the_nodes_is_refused(tmp_path, text):
    file = tmp_path / "params.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ParameterFileError, match="has no parameters for face_tracker_node"):
        make_settings(params_file=file)


def test_what_is_said_in_a_namespace_is_not_lost(tmp_path):
    file = tmp_path / "params.yaml"
    file.write_text(
        "robot1:\n"
        "  face_tracker_node:\n    ros__parameters:\n      smoothing: false\n"
        "  actuation_node:\n    ros__parameters:\n      offset_mouth: 0.5\n"
        "      offset_nose: 0.0\n      gain_brow: 2\n",
        encoding="utf-8",
    )
    said = make_settings(params_file=file).chosen
    assert said.tracking == {"smoothing": False}
    assert said.offsets == {"mouth": 0.5}
    assert said.gains == {"brow": 2.0}


def test_offsets_of_the_actuation_move_the_joints_that_are_judged(tmp_path):
    file = tmp_path / "params.yaml"
    text = "/**/actuation_node:\n  ros__parameters:\n"
    text += "".join(f"    offset_{group}: 1.0\n" for group in Group)
    file.write_text(text, encoding="utf-8")
    two, nothing = np.zeros(2, dtype=np.int64), np.empty(0)
    stamps = np.array([0, 33_333_333])
    values = np.array([controls.MINIMUM, controls.NEUTRAL])
    curves = FrameCurves(two, stamps, two, two, nothing, nothing, nothing, values, two)

    def too_fast(settings):
        return limit_statistics(curves, settings.robot(), settings).joints_asked_too_fast

    assert too_fast(make_settings(params_file=file)) != too_fast(make_settings())


@pytest.mark.parametrize("line", ["gain_brow: 4.0", "offset_mouth: 1.5", "gain_brow: strong"])
def test_what_the_actuation_refuses_is_refused(tmp_path, line):
    file = tmp_path / "params.yaml"
    file.write_text(f"/**/actuation_node:\n  ros__parameters:\n    {line}\n", encoding="utf-8")
    with pytest.raises(ParameterFileError, match=line.partition(":")[0]):
        make_settings(params_file=file)
