# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C in the middle of a demo leaves files that can be read, and replaces those of before."""

import json
import signal
import time

import av
import pytest
from rosbags.rosbag2 import Reader


@pytest.fixture
def running(node_process, wait_until, x2c, tmp_path):
    """A demo of the performer that has recorded for a while."""
    (tmp_path / "report.json").write_text("of an earlier run")
    (tmp_path / "notes.txt").write_text("the user's own")
    process = node_process(command=[*x2c, "demo", "--out", tmp_path])
    bag = tmp_path / "bag" / "bag_0.mcap"
    wait_until(lambda: bag.exists() and bag.stat().st_size > 2_000_000, what="a bag that grows")
    return process


def test_ctrl_c_ends_a_demo_with_all_files_readable(running, tmp_path):
    assert running.stop(signal.SIGINT, timeout=60.0) == 0, running.output
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["run"]["exit_reason"] == "stopped by the user"
    assert report["run"]["failed"] is False
    with Reader(tmp_path / "bag") as reader:
        assert reader.message_count > 100
    with av.open(str(tmp_path / "imitation.mp4")) as film:
        assert next(film.decode(video=0)).width > 0
    assert len((tmp_path / "controls.csv").read_text().splitlines()) > 20
    assert (tmp_path / "notes.txt").read_text() == "the user's own"


def test_a_second_ctrl_c_ends_at_once(running):
    running.popen.send_signal(signal.SIGINT)
    # Two signals of a kind that come together are one.
    time.sleep(0.1)
    running.popen.send_signal(signal.SIGINT)
    # 0 where the first one was over already.
    assert running.wait(timeout=20.0) in (0, 130)
    assert "Traceback" not in running.output
