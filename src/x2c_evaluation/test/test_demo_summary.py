# SPDX-License-Identifier: Apache-2.0
import io
import json

import cv2
import pytest
from rich.console import Console

from x2c_bags.schema.topics import Part
from x2c_evaluation.run_report import video
from x2c_evaluation.run_report.demo_summary import write_results
from x2c_evaluation.run_report.report import RunContext

pytestmark = pytest.mark.slow

CONTEXT = RunContext("virtual", "solver", "performer", "end of file")


def results(out, context=CONTEXT):
    report = write_results(out, context, Console(file=io.StringIO()))
    content = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert content["warnings"] == list(report.warnings)
    assert content["files"] == list(report.files)
    return report


def test_a_run_leaves_report_figure_and_video(tmp_path, make_bag):
    make_bag(tmp_path / "bag", frames=30)
    report = results(tmp_path)
    assert report.files == ("bag", "report.json", "report.png", "imitation.mp4", "poster.jpg")
    assert report.warnings == ()
    assert report.versions["python"]
    assert report.versions["numpy"]
    assert cv2.imread(str(tmp_path / "report.png")).shape[1] > 1200


def test_nothing_recorded_still_makes_a_report(tmp_path):
    context = RunContext("virtual", "solver", "x.mp4", "x.mp4 cannot be opened", failed=True)
    report = results(tmp_path / "out", context)
    assert report.files == ("report.json", "report.png")
    assert report.warnings[0] == "The run failed: x.mp4 cannot be opened"
    assert any("no bag at" in one for one in report.warnings)


def test_a_run_without_faces_makes_everything(tmp_path, make_bag):
    without = {Part.FACE, Part.CONTROLS, Part.COMMANDS, Part.JOINT_STATES, Part.NEUTRAL_FACE}
    make_bag(tmp_path / "bag", frames=8, without=without)
    report = results(tmp_path)
    assert "imitation.mp4" in report.files
    assert any("Nothing was recorded of: faces" in one for one in report.warnings)


def test_a_killed_recording_is_summed_up(tmp_path, make_bag):
    make_bag(tmp_path / "bag", frames=8, finish=False)
    report = results(tmp_path)
    assert report.frames_in == 8
    assert "imitation.mp4" in report.files
    assert any("metadata.yaml is missing" in one for one in report.warnings)


def test_results_of_an_earlier_run_do_not_stay(tmp_path):
    (tmp_path / "imitation.mp4").write_bytes(b"old")
    assert "imitation.mp4" not in results(tmp_path).files
    assert not (tmp_path / "imitation.mp4").exists()


@pytest.mark.parametrize("error", [RuntimeError("broken"), KeyboardInterrupt()])
def test_a_video_that_fails_is_told(tmp_path, make_bag, monkeypatch, error):
    def fail(*arguments):
        raise error

    make_bag(tmp_path / "bag", frames=3)
    monkeypatch.setattr(video, "write_video", fail)
    report = results(tmp_path)
    assert report.warnings[-1].startswith("imitation.mp4")
    assert "report.png" in report.files


def test_results_that_cannot_be_written_are_told(tmp_path):
    (tmp_path / "out").write_text("a file where the folder should be", encoding="utf-8")
    report = write_results(tmp_path / "out", CONTEXT, Console(file=io.StringIO()))
    assert any(one.startswith("report.json could not be made") for one in report.warnings)
