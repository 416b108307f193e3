# SPDX-License-Identifier: Apache-2.0
"""Engines of an evaluation: processes on this machine, or a Dask cluster."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence

from x2c_core.system.cluster import Cluster, absolute
from x2c_core.system.parallel import Progress, work_through
from x2c_evaluation.offline.recording.evaluate import evaluate
from x2c_evaluation.offline.recording.job import EvaluationJob, EvaluationOutcome, failure
from x2c_evaluation.offline.sources.choice import with_absolute_path
from x2c_evaluation.offline.tracking.tracking_process import TrackingProcess


class Engine(ABC):
    """Evaluate recordings."""

    @abstractmethod
    def outcomes(
        self, jobs: Sequence[EvaluationJob], progress: Progress
    ) -> Iterator[tuple[int, EvaluationOutcome]]:
        """Yield each job's place with its outcome, in the order in which they are done.

        Raises:
            ClusterError: The engine cannot be used.
        """


class Processes(Engine):
    """Processes on this machine.

    Args:
        count: Number of processes; a single recording is evaluated in this process.
        tracking: Decodes and tracks a single recording; None for threads of this process.
    """

    def __init__(self, count: int, tracking: TrackingProcess | None = None) -> None:
        self._count, self._tracking = count, tracking

    def outcomes(
        self, jobs: Sequence[EvaluationJob], progress: Progress
    ) -> Iterator[tuple[int, EvaluationOutcome]]:
        """Yield outcomes; see the base class."""
        if len(jobs) == 1:
            yield 0, evaluate(jobs[0], lambda done: progress(0, done), self._tracking)
        else:
            yield from work_through(evaluate, jobs, self._count, progress, _killed)


class ClusterEngine(Engine):
    """A Dask cluster; what its workers find comes back over the network.

    Args:
        address: Address of the scheduler, for example tcp://10.0.0.1:8786.

    Raises:
        ClusterError: Dask is not installed.
    """

    def __init__(self, address: str) -> None:
        self._cluster = Cluster(address)

    def outcomes(
        self, jobs: Sequence[EvaluationJob], progress: Progress
    ) -> Iterator[tuple[int, EvaluationOutcome]]:
        """Yield outcomes; see the base class."""
        everywhere, names = [_everywhere(job) for job in jobs], [job.name for job in jobs]
        yield from self._cluster.work_through(evaluate, everywhere, names, _lost)


def _lost(job: EvaluationJob, reason: str) -> EvaluationOutcome:
    return failure(job, f"the cluster could not evaluate it: {reason}")


def _killed(job: EvaluationJob) -> EvaluationOutcome:
    return failure(job, "the process that evaluated it died, twice")


def _everywhere(job: EvaluationJob) -> EvaluationJob:
    """Return a job whose paths do not depend on the folder it is run in."""
    return dataclasses.replace(
        job,
        source=with_absolute_path(job.source),
        against=absolute(job.against) if job.against else "",
    )
