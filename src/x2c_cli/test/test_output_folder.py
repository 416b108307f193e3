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
    names = {
        video.FILE_NAME,
        video.POSTER,
        controls_table.FILE_NAME,
        REPORT,
        report_figure.FILE_NAME,
    }
    assert set(output_folder.FILES) == names


def test_earlier_results_are_no_obstacle(tmp_path):
    (tmp_path / "bag").mkdir()
    names = (*output_folder.FILES, "bag/bag.mcap", "bag/metadata.yaml", "notes.txt")
    for name in names:
        (tmp_path / name).write_text("old")
    output_folder.check(tmp_path, "")
    assert all((tmp_path / name).read_text() == "old" for name in names)


def test_a_bag_with_strangers_is_left_alone(tmp_path):
    (tmp_path / "bag").mkdir()
    (tmp_path / "bag" / "thesis.tex").write_text("precious")
    with pytest.raises(OutputError, match=r"holds thesis\.tex"):
        output_folder.check(tmp_path, "")


def test_a_bag_that_is_a_link_is_left_alone(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "bag").symlink_to(elsewhere)
    with pytest.raises(OutputError, match="no folder of ours"):
        output_folder.check(tmp_path, "")


@pytest.mark.parametrize("name", ["imitation.mp4", "bag"])
def test_the_video_to_imitate_is_not_replaced(tmp_path, name):
    (tmp_path / name).mkdir()
    with pytest.raises(OutputError, match="result of an earlier run"):
        output_folder.check(tmp_path, str(tmp_path / name))
