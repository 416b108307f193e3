# SPDX-License-Identifier: Apache-2.0
import pytest

from x2c_cli import cli
from x2c_datasets.collect import simulated
from x2c_datasets.collect.outcome import CollectOutcome


def refused(capsys, *words):
    with pytest.raises(SystemExit) as ended:
        cli.main(["collect", *words])
    assert ended.value.code == 2
    return capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--samples", "5"], "required: --out"),
        (["--samples", "five", "--out", "set"], "invalid int value: 'five'"),
        (["--samples", "0", "--out", "set"], "expected samples from 1"),
        (["--samples", "5", "--out", "set", "--seed", "-1"], "expected seed from 0"),
        (["--samples", "5", "--out", "set", "--workers", "-1"], "expected 1 worker or more"),
        (["--samples", "5", "--out", "set", "--look", "odd"], "invalid choice: 'odd'"),
        (["--samples", "5", "--out", "set", "--settle", "soon"], "expected a number of seconds"),
        (["--samples", "5", "--out", "set", "--robot", "nobody"], "unknown robot 'nobody'"),
    ],
)
def test_bad_arguments_are_refused_by_name(capsys, tmp_path, monkeypatch, words, complaint):
    monkeypatch.chdir(tmp_path)
    assert complaint in refused(capsys, *words)
    assert not list(tmp_path.iterdir())


def test_what_was_done_is_told(capsys, tmp_path, monkeypatch):
    asked = []

    def collect(robot, settings, folder, workers, advance):
        asked.append((settings, workers))
        advance(0)
        advance(7)
        return CollectOutcome(7, 0, ("little room",))

    monkeypatch.setattr(simulated, "collect_simulated", collect)
    out = str(tmp_path / "set")
    with pytest.raises(SystemExit) as ended:
        cli.main(["collect", "--samples", "7", "--seed", "3", "--out", out, "--workers", "2"])
    assert ended.value.code == 0
    ((settings, workers),) = asked
    assert (settings.samples, settings.seed, settings.robot, workers) == (7, 3, "virtual", 2)
    said = capsys.readouterr().out
    assert "note: little room" in said
    assert f"7 pairs in {out}" in said
