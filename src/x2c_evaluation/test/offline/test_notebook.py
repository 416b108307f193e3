# SPDX-License-Identifier: Apache-2.0
"""Evaluations as data frames, and the example notebook, executed."""

import ast
import json
import shutil
import sys
from pathlib import Path

import pytest

pytest.importorskip("pandas", reason="the extra `notebook` is not installed")

import pyarrow as pa
import pyarrow.parquet as pq

from x2c_core.control_space import controls
from x2c_evaluation.errors import EvaluationError
from x2c_evaluation.notebook import evaluate, open_evaluation

pytestmark = pytest.mark.slow

EXAMPLE = Path(__file__).resolve().parents[4] / "examples" / "evaluation.ipynb"


@pytest.fixture(scope="module")
def bag(tmp_path_factory, camera_bag):
    return camera_bag(tmp_path_factory.mktemp("bags") / "it", frames=15)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, bag):
    out = tmp_path_factory.mktemp("evaluation") / "out"
    evaluate(bag, out)
    return out


@pytest.fixture
def tables(folder):
    return open_evaluation(folder)


def test_recordings_have_a_row_with_metrics_each(tables, folder):
    recordings = tables.recordings
    assert list(recordings.index) == ["it"]
    assert recordings.loc["it", "face_share"] == 1.0
    assert recordings.loc["it", "kind"] == "bag"
    assert recordings["error"].isna().all()
    assert tables.folder == folder
    assert "face_share" in tables._repr_html_()


def test_frames_have_controls_and_states_by_name(tables):
    frames = tables.frames("it")
    assert len(frames) == 15
    assert set(controls.NAMES) <= set(frames.columns)
    assert list(frames["face_state"].unique()) == ["tracking"]
    assert frames["control_state"].iloc[-1] == "tracking"
    assert frames.groupby("recording", observed=True)["Jaw Pitch"].count().to_dict() == {"it": 15}
    with pytest.raises(EvaluationError, match="no frames of 'other'; it has: it"):
        tables.frames("other")


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda path: path.write_bytes(b"PAR1"), "no readable Parquet file"),
        (lambda path: path.unlink() or path.mkdir(), "no readable Parquet file: Is a directory"),
        (
            lambda path: pq.write_table(pa.table({"stamp": [1.0]}), path),
            "the column face_state is missing",
        ),
    ],
)
def test_frames_that_cannot_be_read_are_an_error_with_the_reason(tmp_path, folder, damage, reason):
    copied = shutil.copytree(folder, tmp_path / "copied")
    damage(copied / "frames" / "it.parquet")
    with pytest.raises(EvaluationError, match=rf"it\.parquet: {reason}"):
        open_evaluation(copied).frames()


def test_frames_larger_than_the_limit_are_refused_unread(tables, monkeypatch):
    monkeypatch.setenv("X2C_MAX_TABLE_BYTES", "1000")
    with pytest.raises(EvaluationError, match=r"the limit is 1000: .*X2C_MAX_TABLE_BYTES"):
        tables.frames()


def test_errors_and_moments_are_tables(tmp_path, folder, bag, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    compared = evaluate([bag], "~/out", against=folder, clips=1)
    assert compared.folder == tmp_path / "out"
    errors = compared.control_errors
    assert list(errors["control"]) == list(controls.NAMES)
    assert errors["error"].max() == 0.0
    assert compared.recordings.loc["it", "error"] == 0.0
    moments = compared.moments
    assert set(moments["recording"]) == {"it"}
    assert set(moments["reference"]) == {"against"}
    for column in ("person_image", "robot_image", "reference_image"):
        for name in moments[column]:
            assert (compared.folder / "recordings" / "it" / name).is_file()
    (clip,) = [name for name in moments["clip"] if name]
    assert (compared.folder / "recordings" / "it" / clip).is_file()


def test_what_cannot_be_evaluated_is_an_error_with_the_reason(tmp_path, folder):
    with pytest.raises(EvaluationError, match="there is no recording /nowhere"):
        evaluate("/nowhere/it.mp4", tmp_path / "out")
    empty = tmp_path / "empty.mp4"
    empty.write_bytes(b"no video")
    with pytest.raises(EvaluationError, match="no recording could be evaluated: empty: "):
        evaluate(empty, tmp_path / "out")
    with pytest.raises(EvaluationError, match="is no evaluation"):
        open_evaluation(tmp_path)


def test_without_pandas_the_extra_is_named(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(EvaluationError, match="pandas"):
        open_evaluation(folder)


def test_every_cell_of_the_example_notebook_runs(tmp_path, bag, monkeypatch):
    """In this process, as a kernel of its own would need 25 more packages."""
    monkeypatch.setenv("X2C_RECORDING", str(bag))
    monkeypatch.setenv("X2C_OUT", str(tmp_path / "out"))
    content = json.loads(EXAMPLE.read_text(encoding="utf-8"))
    assert (content["nbformat"], content["nbformat_minor"]) == (4, 5)
    assert len({cell["id"] for cell in content["cells"]}) == len(content["cells"])
    names = {"__name__": "__main__"}
    shown = []
    for cell in content["cells"]:
        if cell["cell_type"] != "code":
            continue
        # Nothing that was computed is kept with the example.
        assert cell["outputs"] == []
        body = ast.parse("".join(cell["source"])).body
        last = body.pop() if isinstance(body[-1], ast.Expr) else None
        exec(compile(ast.Module(body, []), EXAMPLE.name, "exec"), names)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), EXAMPLE.name, "eval"), names)
            shown.append(value._repr_html_() if hasattr(value, "_repr_html_") else repr(value))
    assert len(shown) == 6
    assert all(shown)
    assert "it" in shown[0]
