# SPDX-License-Identifier: Apache-2.0
"""Evaluate many recordings into a folder; what is there already is kept."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from x2c_core.system.versions import versions
from x2c_evaluation.offline.engines import Engine
from x2c_evaluation.offline.recording.beside import beside
from x2c_evaluation.offline.recording.job import EvaluationJob
from x2c_evaluation.offline.recording.store import ResultsStore, as_text
from x2c_evaluation.offline.results.layout import PAGE, RECORDINGS, REPORT
from x2c_evaluation.offline.results.metrics import metrics_of, summary
from x2c_evaluation.offline.results.result import EvaluationReport, RecordingResult

TOGETHER = 12
"""More recordings than this get a page each; fewer are all on one."""


class EvaluationObserver(Protocol):
    """Observer of an evaluation."""

    def kept(self, place: int) -> None:
        """Take note of a recording that was evaluated before."""

    def worked(self, place: int, frames: int) -> None:
        """Take note of the frames worked on."""

    def done(self, place: int, seconds: float) -> None:
        """Take note of a recording that is evaluated now."""


@dataclass(frozen=True)
class Evaluation:
    """Result of an evaluation.

    Attributes:
        results: Results of the recordings, in the order of the jobs.
        seconds: Total time for the recordings that were not kept [s].
        kept: Number of good results kept from an earlier run.
        written: Whether the results are in the folder; if no recording could be evaluated, an
            earlier evaluation stays there.
    """

    results: Sequence[RecordingResult]
    seconds: float
    kept: int
    written: bool = True

    @property
    def failed(self) -> list[RecordingResult]:
        """Recordings that could not be evaluated."""
        return [one for one in self.results if one.failed]

    @property
    def lost(self) -> list[RecordingResult]:
        """Recordings of which something could not be read."""
        return [one for one in self.results if not one.failed and one.lost]


def run(
    jobs: Sequence[EvaluationJob], out: Path, engine: Engine, watcher: EvaluationObserver
) -> Evaluation:
    """Evaluate recordings and write everything; a run that is stopped goes on the next time.

    An earlier evaluation in the folder is replaced when all recordings have been worked on, and
    only if one of them at least could be evaluated.

    Args:
        jobs: Jobs with the same settings.
        out: Folder for the results.
        engine: Engine that does the work.
        watcher: Observer of the progress.

    Raises:
        EvaluationError: Results cannot be written, something of the user's is in their way, or the
            engine cannot be used.
    """
    store, settings = ResultsStore(out, jobs), jobs[0].settings.fingerprint()
    work = store.unfinished(jobs)
    places = [
        place
        for place, job in enumerate(jobs)
        if not (work.has(job, settings) or store.has(job, settings))
    ]
    for place in set(range(len(jobs))) - set(places):
        watcher.kept(place)
    seconds = 0.0
    is_ready = False

    def worked(at: int, frames: int) -> None:
        nonlocal is_ready
        if not is_ready:
            is_ready = True
            beside(_get_ready)
        watcher.worked(places[at], frames)

    outcomes = engine.outcomes([jobs[place] for place in places], worked)
    if places:
        for at, outcome in outcomes:
            work.keep(jobs[places[at]], outcome, settings)
            seconds += outcome.seconds
            watcher.done(places[at], outcome.seconds)
    fresh = [job.name for job in jobs if work.has(job, settings)]
    results = [(work if job.name in fresh else store).result(job.name) for job in jobs]
    written = not (store.is_complete and all(one.failed for one in results))
    if written:
        for name in fresh:
            store.take(name, work)
        store.forget_others([job.name for job in jobs])
        _write(store, results)
    work.remove()
    now = {jobs[place].name for place in places}
    kept = sum(not (one.failed or one.name in now) for one in results)
    return Evaluation(results, seconds, kept, written)


def unique_names(sources: Sequence[str]) -> list[str]:
    """Return a name for each recording, fit for a file, unlike all others and always the same."""
    names: list[str] = []
    for source in sources:
        path = Path(source)
        last = path.name or "recording"
        # What a run leaves in its folder is called alike in all of them.
        if last in ("bag", "metadata.yaml") and path.parent.name:
            last = path.parent.name
        stem = Path(last).stem if not path.is_dir() else last
        name = re.sub(r"[^\w.-]+", "_", stem).strip("._") or "recording"
        number, wanted = 2, name
        while name in names:
            name, number = f"{wanted}_{number}", number + 1
        names.append(name)
    return names


def _get_ready() -> None:
    """Have the report take less time when it is written."""
    from x2c_evaluation.offline.page.report_page import load_templates

    load_templates()
    versions()


def _write(store: ResultsStore, results: Sequence[RecordingResult]) -> None:
    from x2c_evaluation.offline.page.report_page import report_page

    report = EvaluationReport(
        settings=results[0].settings,
        versions=versions(),
        summary=summary(results),
        recordings=tuple(results),
        metrics={one.name: metrics_of(one) for one in results},
    )
    store.write(REPORT, as_text(report.to_json()))
    together = len(results) <= TOGETHER
    store.write(PAGE, report_page(report, store, details=together))
    if not together:
        for one in results:
            single = dataclasses.replace(report, recordings=(one,))
            name = f"{RECORDINGS}/{one.name}/{PAGE}"
            store.write(name, report_page(single, store, details=True))
