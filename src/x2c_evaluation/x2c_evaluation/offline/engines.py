# SPDX-License-Identifier: Apache-2.0
"""Engines of an evaluation: processes on this machine, or a Dask cluster.

Dask rather than Ray: the evaluation of a recording is one pure function, which needs no actors and
no shared object store; dask and distributed are small, pure Python, ask for no versions of
protobuf and NumPy, and do the work of a lost worker again by themselves.
"""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any

from x2c_core.system.optional_modules import how_to_install
from x2c_core.system.parallel import Progress, work_through
from x2c_evaluation.errors import EvaluationError
from x2c_evaluation.offline.recording.evaluate import (
    EvaluationJob,
    EvaluationOutcome,
    evaluate,
    failure,
)
from x2c_evaluation.offline.sources.choice import absolute, with_absolute_path

_PATIENCE = "20s"
"""Time limit for an answer of a cluster [s]."""


class Engine(ABC):
    """Evaluate recordings."""

    @abstractmethod
    def outcomes(
        self, jobs: Sequence[EvaluationJob], progress: Progress
    ) -> Iterator[tuple[int, EvaluationOutcome]]:
        """Yield each job's place with its outcome, in the order in which they are done.

        Raises:
            EvaluationError: The engine cannot be used.
        """


class Processes(Engine):
    """Processes on this machine.

    Args:
        count: Number of processes; a single recording is evaluated in this process.
    """

    def __init__(self, count: int) -> None:
        self._count = count

    def outcomes(
        self, jobs: Sequence[EvaluationJob], progress: Progress
    ) -> Iterator[tuple[int, EvaluationOutcome]]:
        """Yield outcomes; see the base class."""
        yield from work_through(evaluate, jobs, self._count, progress, _killed)


class Cluster(Engine):
    """A Dask cluster.

    Its workers need this project, the same version of it, and the recordings under the same paths
    (a shared file system); what they find comes back over the network.

    Args:
        address: Address of the scheduler, for example tcp://10.0.0.1:8786.

    Raises:
        EvaluationError: Dask is not installed.
    """

    def __init__(self, address: str) -> None:
        try:
            import distributed
        except ImportError as error:
            raise EvaluationError(
                f"--cluster needs Dask, which is not installed ({error}): "
                f"{how_to_install('distributed')}"
            ) from error
        self._dask: Any = distributed
        self._address = address

    def outcomes(
        self, jobs: Sequence[EvaluationJob], progress: Progress
    ) -> Iterator[tuple[int, EvaluationOutcome]]:
        """Yield outcomes; see the base class."""
        try:
            client = self._dask.Client(self._address, timeout=_PATIENCE, set_as_default=False)
        except (OSError, ValueError, TimeoutError) as error:
            raise EvaluationError(
                f"no Dask scheduler answers at {self._address}: {error}; start one with "
                "'dask scheduler', and 'dask worker ADDRESS --nthreads 1' on each machine"
            ) from error
        with client:
            places = {
                client.submit(evaluate, _everywhere(job), pure=False, key=f"{job.name}-{n}"): n
                for n, job in enumerate(jobs)
            }
            try:
                for future in self._dask.as_completed(list(places), loop=client.loop):
                    place = places[future]
                    yield place, _outcome(jobs[place], future)
            finally:
                # If the user does not wait, the results are not needed.
                client.cancel(list(places))


def _outcome(job: EvaluationJob, future: Any) -> EvaluationOutcome:
    error = future.exception()
    if error is None:
        outcome: EvaluationOutcome = future.result()
        return outcome
    # Also where it has killed one worker after the other.
    reason = f"the cluster could not evaluate it: {type(error).__name__}: {error}"
    return failure(job, reason)


def _killed(job: EvaluationJob) -> EvaluationOutcome:
    return failure(job, "the process that evaluated it died, twice")


def _everywhere(job: EvaluationJob) -> EvaluationJob:
    """Return a job whose paths do not depend on the folder it is run in."""
    return dataclasses.replace(
        job,
        source=with_absolute_path(job.source),
        against=absolute(job.against) if job.against else "",
    )
