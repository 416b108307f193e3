# SPDX-License-Identifier: Apache-2.0
import dataclasses
import json
import os
import signal
import threading
from pathlib import Path

import pytest

from x2c_core.system.versions import versions
from x2c_evaluation.errors import EvaluationError
from x2c_evaluation.offline.engines import ClusterEngine, Engine, Processes
from x2c_evaluation.offline.page.comparison_page import comparison_page
from x2c_evaluation.offline.recording.evaluate import evaluate
from x2c_evaluation.offline.recording.job import EvaluationJob
from x2c_evaluation.offline.results.comparison import compare, parse_threshold
from x2c_evaluation.offline.run import run, unique_names

pytestmark = pytest.mark.slow


class Notes:
    def __init__(self):
        self.kept_places, self.done_places, self.frames = [], [], []

    def kept(self, place):
        self.kept_places.append(place)

    def worked(self, place, frames):
        self.frames.append((place, frames))

    def done(self, place, seconds):
        self.done_places.append(place)


OUTCOMES = {}


def evaluated(job):
    """Evaluate a recording, one of this module's bags, once with the same settings."""
    key = job.name, job.source, job.settings.tracking.smoothing
    if key not in OUTCOMES:
        OUTCOMES[key] = evaluate(job)
    return OUTCOMES[key]


class KilledAfter(Engine):
    """Evaluates some recordings, then the user stops it."""

    def __init__(self, count):
        self._count = count

    def outcomes(self, jobs, progress):
        for place, job in list(enumerate(jobs))[: self._count]:
            yield place, evaluated(job)
        raise KeyboardInterrupt


class Here(Engine):
    """Evaluates recordings in this process, for tests of what is done with the results."""

    def outcomes(self, jobs, progress):
        for place, job in enumerate(jobs):
            yield place, evaluated(job)


@pytest.fixture(autouse=True)
def code_that_stays(monkeypatch):
    """Somebody may be at work on the code while its tests run."""
    monkeypatch.setattr("x2c_evaluation.pipeline.settings.PACKAGES", ())
    now = versions()
    monkeypatch.setattr("x2c_evaluation.offline.run.versions", lambda: now)


@pytest.fixture(scope="module")
def jobs(tmp_path_factory, camera_bag, settings):
    folder = tmp_path_factory.mktemp("bags")
    bags = [camera_bag(folder / name, frames=count) for name, count in (("a", 30), ("b", 20))]
    return [EvaluationJob(bag.name, str(bag), settings, clips=1) for bag in bags]


def contents(folder):
    return {
        str(one.relative_to(folder)): one.read_bytes()
        for one in sorted(folder.rglob("*"))
        if one.is_file()
    }


def test_a_run_that_was_stopped_goes_on_and_ends_with_the_same_bytes(tmp_path, jobs):
    with pytest.raises(KeyboardInterrupt):
        run(jobs, tmp_path / "out", KilledAfter(1), Notes())
    assert not (tmp_path / "out" / "report.json").exists()
    notes = Notes()
    evaluation = run(jobs, tmp_path / "out", Processes(1), notes)
    assert (notes.kept_places, notes.done_places) == ([0], [1])
    assert evaluation.kept == 1
    assert evaluation.failed == evaluation.lost == []
    run(jobs, tmp_path / "other", Processes(2), Notes())
    assert contents(tmp_path / "out") == contents(tmp_path / "other")
    # A page is one file that fetches nothing.
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert 'src="data:image/jpeg;base64,' in page
    assert page.count('src="data:video/mp4;base64,') == 2
    assert "http://" not in page
    assert "https://" not in page
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert [one["name"] for one in report["recordings"]] == ["a", "b"]
    assert report["summary"]["face_share"] == 1.0


def test_what_changed_is_evaluated_anew(tmp_path, jobs):
    run(jobs, tmp_path / "out", Here(), Notes())
    file = next(Path(jobs[0].source).glob("*.mcap"))
    os.utime(file, ns=(1, 1))
    notes = Notes()
    run(jobs, tmp_path / "out", Here(), notes)
    assert (notes.kept_places, notes.done_places) == ([1], [0])
    notes = Notes()
    run([jobs[0], dataclasses.replace(jobs[1], clips=2)], tmp_path / "out", Here(), notes)
    assert (notes.kept_places, notes.done_places) == ([0], [1])
    changed = dataclasses.replace(jobs[1].settings.tracking, smoothing=False)
    settings = dataclasses.replace(jobs[1].settings, tracking=changed)
    notes = Notes()
    run([dataclasses.replace(jobs[1], settings=settings)], tmp_path / "out", Here(), notes)
    assert notes.done_places == [0]
    # What the first run left of a recording that is none any more is gone.
    assert not (tmp_path / "out" / "frames" / "a.parquet").exists()


def test_names_are_unlike_and_say_which_recording_it_is():
    sources = ["x/one.mp4", "y/one.mp4", "run/bag", "a b/ü+.mcap", "performer"]
    assert unique_names(sources) == ["one", "one_2", "run", "ü", "performer"]


def test_two_evaluations_are_compared_and_judged(tmp_path, jobs):
    run(jobs, tmp_path / "out", Here(), Notes())
    changed = dataclasses.replace(jobs[0].settings.tracking, smoothing=False)
    settings = dataclasses.replace(jobs[0].settings, tracking=changed)
    other = [dataclasses.replace(one, settings=settings) for one in jobs]
    run(other, tmp_path / "rough", Here(), Notes())
    same = compare(tmp_path / "out", tmp_path / "out")
    assert same.difference["difference"] == 0.0
    found = compare(tmp_path / "out", tmp_path / "rough")
    assert found.common == ["a", "b"]
    assert 0.0 < found.difference["difference"] < 0.2

    def verdict(text, above=True):
        return parse_threshold(text, above).verdict(found)

    assert "is above" in verdict("jerk=+5%")
    assert verdict("jerk=+100000%") == ""
    assert verdict("difference=0.5") == ""
    assert "is above" in verdict("difference=0.000001")
    assert verdict("face_share=0.9", above=False) == ""
    assert "is below" in verdict("face_share=+1", above=False)
    assert "B has none" in verdict("error=1.0")
    page = comparison_page(found, [verdict("jerk=+5%")], 1)
    assert "Failed</b> thresholds: 1 of 1" in page
    for wrong in ("jerk", "jerk=much", "nothing=1", "jerk=5+%"):
        with pytest.raises(EvaluationError):
            parse_threshold(wrong, above=True)
    with pytest.raises(EvaluationError, match="is no evaluation"):
        compare(tmp_path / "out", Path(jobs[0].source))


def test_a_cluster_does_a_killed_workers_work_again(tmp_path, camera_bag, settings):
    distributed = pytest.importorskip("distributed", reason="Dask is not installed")
    bags = [camera_bag(tmp_path / f"bag_{n}", frames=12) for n in range(4)]
    jobs = [EvaluationJob(bag.name, str(bag), settings) for bag in bags]
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        victim = next(iter(cluster.workers.values())).process.pid
        killed = threading.Event()

        class KillsOne(Notes):
            def done(self, place, seconds):
                super().done(place, seconds)
                if not killed.is_set():
                    killed.set()
                    os.kill(victim, signal.SIGKILL)

        notes = KillsOne()
        evaluation = run(jobs, tmp_path / "out", ClusterEngine(cluster.scheduler_address), notes)
    assert sorted(notes.done_places) == [0, 1, 2, 3]
    assert evaluation.failed == []
    run(jobs, tmp_path / "here", Here(), Notes())
    assert contents(tmp_path / "out") == contents(tmp_path / "here")
