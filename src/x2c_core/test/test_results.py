# SPDX-License-Identifier: Apache-2.0
"""Results replace earlier ones when they are complete, and never before."""

import errno
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from x2c_core.errors import OutputError
from x2c_core.files.results import EarlierResults, ResultsFolder, replacing


def content(folder: Path) -> dict[str, str]:
    return {
        str(one.relative_to(folder)): one.read_text() for one in folder.rglob("*") if one.is_file()
    }


def test_a_file_takes_its_place_when_it_is_whole(tmp_path):
    path = tmp_path / "new" / "face.png"
    with replacing(path) as partial:
        partial.write_text("whole")
        assert partial.suffix == ".png"
        assert not path.exists()
    assert content(tmp_path) == {"new/face.png": "whole"}


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, OSError(errno.ENOSPC, "full")])
def test_an_earlier_file_outlives_an_error(tmp_path, error):
    path = tmp_path / "face.png"
    path.write_text("earlier")

    def broken() -> None:
        with replacing(path) as partial:
            partial.write_text("half")
            raise error

    with pytest.raises((KeyboardInterrupt, ValueError, OutputError)):
        broken()
    assert content(tmp_path) == {"face.png": "earlier"}


def test_a_full_disk_is_said_once_with_the_name(tmp_path):
    path = tmp_path / "face.png"
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with pytest.raises(OutputError, match=r"face\.png: No space left"), replacing(path):
        raise full


def test_a_link_is_followed(tmp_path):
    (tmp_path / "real.json").write_text("earlier")
    link = tmp_path / "link.json"
    link.symlink_to(tmp_path / "real.json")
    with replacing(link) as partial:
        partial.write_text("new")
    assert link.is_symlink()
    assert (tmp_path / "real.json").read_text() == "new"


def test_a_device_is_never_replaced():
    with replacing(Path("/dev/null")) as target:
        assert target == Path("/dev/null")
    assert not Path("/dev/null").is_file()


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(OutputError, match="it is a folder"), replacing(tmp_path):
        pass


NAMES = ("bag", "video.mp4", "report.json")


@pytest.fixture
def folder(tmp_path):
    """A folder with results of an earlier run, and a file of the user's."""
    (tmp_path / "bag").mkdir()
    (tmp_path / "bag" / "a.mcap").write_text("earlier")
    for name in ("video.mp4", "report.json"):
        (tmp_path / name).write_text("earlier")
    (tmp_path / "notes.txt").write_text("mine")
    return tmp_path


def test_kept_results_replace_all_earlier_ones(folder):
    with ResultsFolder(folder, NAMES) as results:
        (results.work / "bag").mkdir()
        (results.work / "bag" / "b.mcap").write_text("new")
        (results.work / "report.json").write_text("new")
        results.keep()
    assert content(folder) == {"bag/b.mcap": "new", "report.json": "new", "notes.txt": "mine"}
    assert {one.name for one in folder.iterdir()} == {"bag", "report.json", "notes.txt"}


def half_made(folder: Path, error: type[BaseException]) -> None:
    with ResultsFolder(folder, NAMES) as results:
        (results.work / "report.json").write_text("half")
        raise error


@pytest.mark.parametrize("error", [ValueError, OutputError])
def test_results_that_are_not_kept_leave_no_trace(folder, error):
    before = content(folder)
    with pytest.raises(error):
        half_made(folder, error)
    assert content(folder) == before
    with ResultsFolder(folder, NAMES) as results:
        (results.work / "report.json").write_text("whole, but nothing to keep")
    assert content(folder) == before


def test_folders_made_for_nothing_are_removed(tmp_path):
    with ResultsFolder(tmp_path / "out" / "demo"):
        pass
    assert not any(tmp_path.iterdir())


def test_ctrl_c_leaves_what_was_made_beside(folder):
    before = content(folder)
    with pytest.raises(KeyboardInterrupt):
        half_made(folder, KeyboardInterrupt)
    (left,) = ResultsFolder(folder).left_behind
    assert content(left) == {"report.json": "half"}
    assert before.items() <= content(folder).items()


def test_what_is_set_aside_replaces_only_what_was(folder):
    for text in ("first", "second"):
        with ResultsFolder(folder, NAMES) as results:
            (results.work / "report.json").write_text(text)
            assert results.set_aside("failed") == folder / "failed"
    assert (folder / "failed" / "report.json").read_text() == "second"
    assert (folder / "report.json").read_text() == "earlier"


@given(fails_at=st.integers(0, 5))
def test_a_swap_that_fails_half_way_is_undone(tmp_path_factory, fails_at):
    folder = tmp_path_factory.mktemp("results")
    for name in NAMES:
        (folder / name).write_text("earlier")
    before = content(folder)
    rename, calls = Path.rename, []

    def failing(self, target):
        calls.append(self)
        if len(calls) == fails_at + 1:
            raise OSError(errno.ENOSPC, "full")
        return rename(self, target)

    with pytest.MonkeyPatch.context() as patch, ResultsFolder(folder, NAMES) as results:
        patch.setattr(Path, "rename", failing)
        for name in NAMES:
            (results.work / name).write_text("new")
        with pytest.raises(OutputError, match="full"):
            results.keep()
    assert content(folder) == before


def test_a_file_where_the_folder_should_be_is_named(tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(OutputError, match="is not a folder"):
        ResultsFolder(tmp_path / "out")


def test_earlier_results_come_back_or_go(folder):
    before = content(folder)
    earlier = EarlierResults(folder, NAMES)
    assert earlier
    assert set(NAMES).isdisjoint(one.name for one in folder.iterdir())
    (folder / "bag").mkdir()
    (folder / "bag" / "new.mcap").write_text("new")
    earlier.restore()
    assert content(folder) == before
    assert {one.name for one in folder.iterdir()} == {*NAMES, "notes.txt"}
    EarlierResults(folder, NAMES).drop()
    assert content(folder) == {"notes.txt": "mine"}


def test_earlier_results_outlive_runs_that_are_killed(folder):
    EarlierResults(folder, ["report.json"])
    (folder / "report.json").write_text("of the killed run")
    EarlierResults(folder, ["report.json"])
    (folder / "report.json").write_text("of the next one")
    texts = sorted(one.read_text() for one in folder.rglob("report.json"))
    assert texts == ["earlier", "of the killed run", "of the next one"]


def test_no_earlier_results_are_false(tmp_path):
    earlier = EarlierResults(tmp_path, NAMES)
    assert not earlier
    (tmp_path / "report.json").write_text("new")
    earlier.restore()
    earlier.drop()
    assert content(tmp_path) == {"report.json": "new"}
