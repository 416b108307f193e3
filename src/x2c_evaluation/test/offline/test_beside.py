# SPDX-License-Identifier: Apache-2.0
"""What is made ready beside other work."""

import sys
import threading
from importlib import import_module

import pytest

from x2c_evaluation.offline.recording.beside import beside, import_beside


def test_modules_are_there_as_soon_as_they_are_imported(tmp_path, monkeypatch, wait_until):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "broken_beside.py").write_text("raise RuntimeError('broken')")
    (tmp_path / "slow_beside.py").write_text("import time\ntime.sleep(0.2)\nready = True")
    import_beside("broken_beside", "no_such_module", "slow_beside")
    wait_until(lambda: "slow_beside" in sys.modules, what="the import to begin")
    assert import_module("slow_beside").ready
    with pytest.raises(RuntimeError, match="broken"):
        import_module("broken_beside")


def test_what_fails_beside_other_work_harms_nothing(capfd, wait_until):
    threads = []

    def work():
        threads.append(threading.current_thread())
        raise RuntimeError("broken")

    beside(work)
    wait_until(lambda: threads and not threads[0].is_alive(), what="the work to end")
    assert threads[0] is not threading.main_thread()
    assert capfd.readouterr().err == ""
