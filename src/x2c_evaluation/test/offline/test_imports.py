# SPDX-License-Identifier: Apache-2.0
"""Modules that are imported beside other work."""

import sys

import pytest

from x2c_evaluation.offline.recording.imports import import_beside


def test_modules_are_there_as_soon_as_they_are_imported(tmp_path, monkeypatch, wait_until):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "broken_beside.py").write_text("raise RuntimeError('broken')")
    (tmp_path / "slow_beside.py").write_text("import time\ntime.sleep(0.2)\nready = True")
    import_beside("broken_beside", "no_such_module", "slow_beside")
    wait_until(lambda: "slow_beside" in sys.modules, what="the import to begin")
    import slow_beside

    assert slow_beside.ready
    with pytest.raises(RuntimeError, match="broken"):
        import broken_beside  # noqa: F401
