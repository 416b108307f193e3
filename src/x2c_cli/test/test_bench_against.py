# SPDX-License-Identifier: Apache-2.0
import io
import json
import subprocess

import pytest
from rich.console import Console

from x2c_cli.bench.comparison import (
    ComparedFigure,
    RevisionComparison,
    rows,
    table_of,
    turns,
    write,
)
from x2c_cli.bench.measurements import of_bench
from x2c_cli.bench.revisions import check_out, commit_of, environment, repository, size
from x2c_cli.errors import RevisionError

BEFORE = [{"p50 [ms]": 12.0, "old": 1.0}, {"p50 [ms]": 10.0}, {"p50 [ms]": 20.0}]
AFTER = [{"p50 [ms]": 6.0, "new": 2.0}, {"p50 [ms]": 5.0}, {"p50 [ms]": 7.0}]
SETTING = {
    "name": "composed, paced",
    "p50": 8.0,
    "p99": 18.0,
    "jitter": 1.2,
    "cores": 0.4,
    "answers": 30.0,
    "memory": {"composed": 400.0},
    "steps": {"imitation_node: solving": 1.7},
}


def test_lowest_values_and_medians_are_compared():
    assert rows(BEFORE, AFTER)[0] == ComparedFigure(
        "p50 [ms]", (10.0, 12.0), (5.0, 6.0), (0.5, 0.5)
    )


def test_a_figure_that_one_revision_does_not_have_has_no_ratio():
    found = {row.name: row for row in rows(BEFORE, AFTER)}
    assert found["new"] == ComparedFigure("new", None, (2.0, 2.0), None)
    assert found["old"] == ComparedFigure("old", (1.0, 1.0), None, None)


def test_nothing_is_divided_by_zero():
    assert rows([{"jitter": 0.0}], [{"jitter": 1.0}])[0].ratio is None


def test_each_revision_goes_first_in_turn():
    assert list(turns(3)) == [(0, 1), (1, 0), (0, 1)]


def test_the_report_has_both_revisions_and_the_ratios(tmp_path):
    done = RevisionComparison("v1 (aaa)", "HEAD (bbb)", "video.mp4", 0.5, rows(BEFORE, AFTER))
    out = io.StringIO()
    Console(file=out, width=120).print(table_of(done))
    assert "v1 (aaa)" in out.getvalue()
    lines = [" ".join(line.replace("│", " ").split()) for line in out.getvalue().splitlines()]
    assert "p50 [ms] 10 / 12 5 / 6 0.50 / 0.50" in lines
    write(tmp_path / "bench.json", done)
    content = json.loads((tmp_path / "bench.json").read_text())
    assert content["figures"][0]["ratio"] == [0.5, 0.5]
    assert content["before"] == "v1 (aaa)"


def test_figures_are_read_from_the_file_of_any_revision():
    content = {"settings": [SETTING, {**SETTING, "name": "of another version"}]}
    figures = of_bench(content)
    assert figures["one process: p99 [ms]"] == 18.0
    assert figures["one process: peak memory [MB]"] == 400.0
    assert figures["step imitation_node: solving [ms]"] == 1.7
    assert not any("another" in name for name in figures)


@pytest.mark.parametrize(
    "memory",
    [
        {"camera_node": 100.0, "face_tracker_node": 150.0, "imitation_node": 50.0, "face": 9.0},
        {"face_tracker_node": 300.0, "face": 9.0},
    ],
)
def test_memory_is_compared_whichever_nodes_share_a_process(memory):
    setting = {**SETTING, "name": "processes, paced", "memory": memory}
    figures = of_bench({"settings": [setting]})
    assert figures["processes: peaks of what sees [MB]"] == 300.0
    assert figures["processes: peaks of all [MB]"] == 309.0


def test_nothing_of_this_environment_is_found_by_another_checkout(monkeypatch):
    monkeypatch.setenv("X2C_ROOT", "/here/x2c")
    monkeypatch.setenv("PATH", "/here/x2c/.venv/bin:/here/x2c/install/bin:/usr/bin")
    monkeypatch.setenv("PYTHONPATH", "/here/x2c/build/x2c_core")
    monkeypatch.setenv("PIP_INDEX_URL", "https://index.example/simple")
    found = environment({"EXTRAS": "data"})
    assert found["PATH"] == "/usr/bin"
    assert found["EXTRAS"] == "data"
    assert found["PIP_INDEX_URL"] == "https://index.example/simple"
    assert "PYTHONPATH" not in found
    assert "X2C_ROOT" not in found


def git(folder, *words):
    start = ["git", "-C", str(folder), "-c", "user.name=A", "-c", "user.email=a@example.org"]
    subprocess.run([*start, *words], check=True, timeout=60)


@pytest.fixture
def clone(tmp_path):
    git(tmp_path, "init", "-q")
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "First")
    return tmp_path


def test_a_revision_is_found_in_the_repository(clone):
    assert repository(clone / "src" / "file.py") == clone.resolve()
    assert len(commit_of(clone, "HEAD")) == 12


def test_a_checkout_of_one_clone_serves_another(tmp_path):
    first, second, checkout = (tmp_path / name for name in ("first", "second", "checkout"))
    first.mkdir()
    git(first, "init", "-q")
    git(first, "commit", "-q", "--allow-empty", "-m", "First")
    git(tmp_path, "clone", "-q", str(first), str(second))
    git(second, "commit", "-q", "--allow-empty", "-m", "Second")
    for root in (first, second):
        check_out(root, commit_of(root, "HEAD"), checkout)
        assert commit_of(checkout, "HEAD") == commit_of(root, "HEAD")


@pytest.mark.parametrize("name", ["v9.9.9", "--all", ""])
def test_an_unknown_revision_is_named(clone, name):
    with pytest.raises(RevisionError, match="no revision"):
        commit_of(clone, name)


def test_an_installation_without_a_repository_is_refused(tmp_path):
    with pytest.raises(RevisionError, match="in a clone"):
        repository(tmp_path / "file.py")


def test_the_size_of_a_folder_counts_no_links(tmp_path):
    (tmp_path / "file").write_bytes(b"12345")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    assert size(tmp_path) == 5
