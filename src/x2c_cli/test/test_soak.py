# SPDX-License-Identifier: Apache-2.0
"""Tests of the soak: growth is seen, and a round goes through all disturbances."""

from __future__ import annotations

import mmap
import os

import pytest

from x2c_bringup.graph.options import GraphOptions
from x2c_bringup.shared_files import default_params_file
from x2c_cli.bench.system import Usage, usage
from x2c_cli.faults.soak import soak as soaking
from x2c_cli.faults.soak import soak_report
from x2c_cli.faults.soak.soak import UsageSample, growth, soak
from x2c_core.files.results import ResultsFolder


def samples(memory, shared=lambda i: 10.0, threads=lambda i: 5, files=lambda i: 9):
    """Return a hundred samples of a process."""
    return [
        UsageSample(float(i), "camera_node", Usage(memory(i), shared(i), threads(i), files(i)))
        for i in range(101)
    ]


def test_what_settles_has_not_grown():
    (one,) = growth(samples(lambda i: 100.0 + min(i, 15)))
    assert one.good
    assert one.memory == 0.0


def test_memory_that_goes_on_growing_is_seen():
    (one,) = growth(samples(lambda i: 100.0 + 0.1 * i))
    assert not one.good
    assert one.memory == pytest.approx(6.0)


def test_a_node_that_was_late_once_may_touch_more_of_a_segment():
    (one,) = growth(samples(lambda i: 100.0, shared=lambda i: 10.0 + 7.2 * (i > 60)))
    assert one.good
    assert (one.memory, one.shared) == (0.0, pytest.approx(7.2))


def test_shared_memory_that_goes_on_growing_is_seen():
    (one,) = growth(samples(lambda i: 100.0, shared=lambda i: 10.0 + i))
    assert not one.good


@pytest.mark.parametrize("leak", ["threads", "files"])
def test_one_thread_or_file_more_is_seen(leak):
    (one,) = growth(samples(lambda i: 100.0, **{leak: lambda i: 20 + (i > 60)}))
    assert not one.good
    assert getattr(one, leak) == 1


def test_too_few_samples_are_compared_with_each_other():
    (one,) = growth(samples(lambda i: 100.0)[:1])
    assert one.good


def test_this_process_uses_memory_threads_and_files():
    before = usage(os.getpid())
    assert before.memory > 10.0
    assert before.threads >= 1
    reading, writing = os.pipe()
    assert usage(os.getpid()).files == before.files + 2
    os.close(reading)
    os.close(writing)


def test_memory_shared_with_others_is_told_apart():
    before = usage(os.getpid())
    size = 20 * 1024 * 1024
    with mmap.mmap(-1, size) as shared:
        # Not in one piece, which the allocator may keep.
        for _ in range(size // mmap.PAGESIZE):
            shared.write(b"\x01" * mmap.PAGESIZE)
        after = usage(os.getpid())
    assert after.shared - before.shared == pytest.approx(20.0, abs=1.0)
    assert after.memory - before.memory < 10.0


def test_the_page_holds_the_figures_of_each_process(tmp_path):
    with ResultsFolder(tmp_path) as results:
        soak_report.write(results, samples(lambda i: 100.0 + 0.1 * i), "1.7 min", "./x2c soak")
        results.keep()
    page = (tmp_path / "README.md").read_text()
    assert "| camera_node | 110.0 | +6.00 | 10.0 | +0.00 | 5 | +0 | 9 | +0 |" in page
    assert (tmp_path / "samples.csv").read_text().count("\n") == 102
    assert (tmp_path / "curves.png").stat().st_size > 10_000


@pytest.mark.process
def test_a_round_in_one_process_recovers_from_everything(monkeypatch):
    monkeypatch.setattr(soaking, "PERIOD", 0.2)
    monkeypatch.setattr("x2c_cli.faults.rig.rig._LONGEST", 150.0)
    monkeypatch.setattr("x2c_cli.faults.rig.rig._ANSWER", 150.0)
    options = GraphOptions(
        filename="performer",
        loop=True,
        robot="virtual",
        params_file=str(default_params_file()),
        log_level="error",
    )
    rounds = []
    taken = soak(options, 0.001, one_process=True, report=lambda *heard: rounds.append(heard[-1]))
    assert {one.name for one in taken} == {"one process"}
    (verdict,) = rounds
    assert verdict.inside
    assert verdict.commands > 50
