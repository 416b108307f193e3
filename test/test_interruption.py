# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C ends a demo with files that can be read; a third signal ends a session at once."""

import json
import signal
import sys

import av
import numpy as np
import pytest
from rosbags.rosbag2 import Reader
from sensor_msgs.msg import JointState

from x2c_node.qos import STREAM


@pytest.fixture
def running(node_process, wait_until, x2c, tmp_path):
    """A demo of the performer that has recorded for a while."""
    (tmp_path / "report.json").write_text("of an earlier run")
    (tmp_path / "notes.txt").write_text("the user's own")
    process = node_process(command=[*x2c, "demo", "--out", tmp_path])

    def size():
        return sum(one.stat().st_size for one in tmp_path.glob("unfinished-*/bag/bag_0.mcap"))

    def rows():
        files = tmp_path.glob("unfinished-*/controls.csv")
        return sum(one.read_text().count("\n") for one in files)

    # A busy machine answers few of the images.
    wait_until(lambda: size() > 2_000_000 and rows() > 25, what="a recording that grows")
    # Until the new results are complete, the earlier ones are as they were.
    assert (tmp_path / "report.json").read_text() == "of an earlier run"
    return process


def test_ctrl_c_ends_a_demo_with_all_files_readable(running, tmp_path):
    # A script's process group hears it twice.
    running.popen.send_signal(signal.SIGINT)
    assert running.stop(signal.SIGINT, timeout=400) == 0, running.output
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["run"]["exit_reason"] == "stopped by the user"
    assert report["run"]["failed"] is False
    with Reader(tmp_path / "bag") as reader:
        assert reader.message_count > 100
    with av.open(str(tmp_path / "imitation.mp4")) as film:
        assert next(film.decode(video=0)).width > 0
    assert len((tmp_path / "controls.csv").read_text().splitlines()) > 20
    assert (tmp_path / "notes.txt").read_text() == "the user's own"
    assert not list(tmp_path.glob("unfinished-*"))


# Every signal counts, so that the test need not wait between two.
IMITATE = """
import sys
from x2c_cli import cli
from x2c_node.spinning import stopping
stopping.TOGETHER = 0.0
cli.main(["imitate", "--video", "performer", "--log-level", "info", "--params", sys.argv[1]])
"""


def test_a_third_signal_ends_a_session_at_once(node_process, ros, wait_until, tmp_path):
    params = tmp_path / "slow.yaml"
    params.write_text("/**/actuation_node: {ros__parameters: {ease_time: 600.0}}")
    commands = ros.collect(JointState, "joint_commands", STREAM)
    process = node_process(command=[sys.executable, "-c", IMITATE, params])

    def away():
        way = np.subtract(commands[-1].position, commands[0].position) if commands else np.zeros(1)
        return np.abs(way).max() > 0.2

    wait_until(away, what="a face far from neutral")
    process.popen.send_signal(signal.SIGINT)
    process.wait_for("easing: the node is deactivated")
    process.popen.send_signal(signal.SIGHUP)
    process.wait_for("one more signal ends it at once")
    assert process.stop(signal.SIGINT) == 130
    assert "Traceback" not in process.output
    assert commands[-1].position == pytest.approx(commands[-2].position, abs=1e-2)
