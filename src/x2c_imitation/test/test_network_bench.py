# SPDX-License-Identifier: Apache-2.0
"""The bench of networks: every way to run one is there, and compared with the first."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("torch", reason="torch is not installed: it makes and reads networks")

from x2c_imitation.x2cnet.runtime import bench

pytestmark = pytest.mark.slow


def test_candidates_are_compared_with_the_first(network_folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(bench, "_NETWORKS", ())
    figures = tmp_path / "figures.json"
    weights = network_folder / "x2cnet.safetensors"
    bench.main(["--rounds", "2", "--network", str(weights), "--json", str(figures)])
    results = json.loads(figures.read_text())
    first = [one for one in results if one["threads"] == 1]
    assert [one["way"] for one in first[:4]] == [
        "torch",
        "torch bfloat16",
        "ONNX Runtime",
        "ONNX Runtime int8",
    ]
    assert {one["network"] for one in first} == {"x2cnet"}
    assert first[0]["ratio"] == pytest.approx(1.0)
    for one in first:
        assert one["ratio"] == pytest.approx(first[0]["median"] / one["median"])
    assert "times faster" in capsys.readouterr().out
