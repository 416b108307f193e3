# SPDX-License-Identifier: Apache-2.0
"""The example for notebooks in docs/evaluation.md, on a table like those of an evaluation."""

import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

GUIDE = Path(__file__).resolve().parents[1] / "docs" / "evaluation.md"


def test_the_example_reads_all_recordings(tmp_path):
    pytest.importorskip("pandas", reason="pandas is not needed by the project; see the guide")
    for name, values in {"one": [0.0, 2.0], "two": [1.0, 1.0]}.items():
        recording = pa.array([name, name]).dictionary_encode()
        table = pa.table({"recording": recording, "Jaw Pitch": pa.array(values, pa.float32())})
        pq.write_table(table, tmp_path / f"{name}.parquet")
    (code,) = re.findall(r"```python\n(import pandas\n.*?)```", GUIDE.read_text(), re.DOTALL)
    *lines, last = code.replace("out/evening/frames", str(tmp_path)).splitlines()
    found = {}
    exec("\n".join([*lines, f"spread = {last}"]), found)
    assert found["spread"].to_dict() == pytest.approx({"one": 2.0**0.5, "two": 0.0})
