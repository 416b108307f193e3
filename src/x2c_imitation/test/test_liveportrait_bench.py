# SPDX-License-Identifier: Apache-2.0
"""The bench of LivePortrait's networks: both ways to run one are compared with the first."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("torch", reason="torch is not installed: it makes and runs networks")

from x2c_imitation.x2cnet.liveportrait import bench

pytestmark = pytest.mark.slow


def test_the_ways_to_run_a_network_are_compared(tmp_path, monkeypatch, capsys):
    name = "motion extractor"
    quickest = {name: bench.stages()[name]}
    monkeypatch.setattr(bench, "stages", lambda: quickest)
    figures = tmp_path / "figures.json"
    bench.main(["--rounds", "1", "--json", str(figures)])
    results = json.loads(figures.read_text())
    first = [one for one in results if one["threads"] == 1]
    assert [one["way"] for one in first] == ["torch", "for processors"]
    assert {one["network"] for one in first} == {name}
    for one in first:
        assert one["ratio"] == pytest.approx(first[0]["median"] / one["median"])
    assert "times faster" in capsys.readouterr().out
