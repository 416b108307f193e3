# SPDX-License-Identifier: Apache-2.0
import pytest

from x2c_bags import recorder
from x2c_cli import output_folder
from x2c_core.control_space import controls_table
from x2c_core.errors import OutputError
from x2c_evaluation.run_report import report_figure, video
from x2c_evaluation.run_report.demo_summary import REPORT


def test_it_knows_the_names_of_all_results():
    assert recorder.BAG == output_folder.BAG
    names = {video.FILE_NAME, controls_table.FILE_NAME, REPORT, report_figure.FILE_NAME}
    assert set(output_folder.FILES) == names


def test_a_folder_is_made(tmp_path):
    output_folder.prepare(tmp_path / "a" / "b", "")
    assert (tmp_path / "a" / "b").is_dir()


def test_earlier_results_go_and_all_else_stays(tmp_path):
    (tmp_path / "bag").mkdir()
    for name in (*output_folder.FILES, "bag/bag.mcap", "bag/metadata.yaml", "notes.txt"):
        (tmp_path / name).write_text("old")
    output_folder.prepare(tmp_path, "")
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_bag_with_strangers_is_left_alone(tmp_path):
    (tmp_path / "bag").mkdir()
    (tmp_path / "bag" / "thesis.tex").write_text("precious")
    (tmp_path / "report.json").write_text("old")
    with pytest.raises(OutputError, match=r"holds thesis\.tex"):
        output_folder.prepare(tmp_path, "")
    assert (tmp_path / "report.json").exists()


def test_a_bag_that_is_a_link_is_left_alone(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "bag.mcap").write_text("precious")
    (tmp_path / "bag").symlink_to(elsewhere)
    with pytest.raises(OutputError, match="no folder of ours"):
        output_folder.prepare(tmp_path, "")
    assert (elsewhere / "bag.mcap").exists()


def test_the_video_to_imitate_is_not_removed(tmp_path):
    film = tmp_path / "imitation.mp4"
    film.write_bytes(b"film")
    with pytest.raises(OutputError, match="result of an earlier run"):
        output_folder.prepare(tmp_path, str(film))
    assert film.exists()


def test_a_file_in_the_way_is_named(tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(OutputError, match="is not a folder"):
        output_folder.prepare(tmp_path / "out", "")
