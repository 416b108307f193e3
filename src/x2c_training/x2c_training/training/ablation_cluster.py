# SPDX-License-Identifier: Apache-2.0
"""Trainings of an ablation on a Dask cluster."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from x2c_core.system.cluster import Cluster, absolute
from x2c_training.data.preparation import Advance
from x2c_training.device import Team
from x2c_training.training.ablation import AblationCase
from x2c_training.training.training_run import (
    TrainingJob,
    TrainingOutcome,
    prepare_data,
    train,
)


class _Silent:
    """Observer of a training that shows nothing."""

    def begin(self, step: int, total: int) -> None:
        """Take note of nothing."""

    def step(self, step: int, values: Mapping[str, float]) -> None:
        """Take note of nothing."""

    def epoch(self, values: Mapping[str, float]) -> None:
        """Take note of nothing."""


def train_on_cluster(
    cluster: Cluster,
    jobs: Mapping[AblationCase, TrainingJob],
    advance: Advance,
    tell: Callable[[str], None],
) -> Iterator[tuple[AblationCase, TrainingOutcome]]:
    """Yield each training's outcome, in the order in which they are done.

    The data set is prepared here first, so that its workers do not prepare it all at once. A
    training whose worker is lost goes on elsewhere, from its checkpoint. One that fails is not
    finished, and has the reason among its notes.

    Args:
        cluster: Its workers find data, robot and folders under the same paths.
        jobs: Trainings with the same data set, robot and size of images.
        advance: Called with the progress of the preparation.
        tell: Called with messages for the user.

    Raises:
        X2CError: The data set cannot be prepared, or no scheduler answers.
    """
    cases: Sequence[AblationCase] = list(jobs)
    everywhere = [_everywhere(job) for job in jobs.values()]
    prepare_data(everywhere[0], advance, tell)
    names = [case.name for case in cases]
    for place, outcome in cluster.work_through(train_alone, everywhere, names, _failed):
        yield cases[place], outcome


def train_alone(job: TrainingJob) -> TrainingOutcome:
    """Train a network in this process alone, and show nothing.

    Raises:
        X2CError: Something is missing or cannot be used.
    """
    return train(job, Team(), _Silent(), lambda done, total: None, lambda text: None)


def _failed(job: TrainingJob, reason: str) -> TrainingOutcome:
    return TrainingOutcome(False, notes=(reason,))


def _everywhere(job: TrainingJob) -> TrainingJob:
    """Return a job whose paths do not depend on the folder it is run in."""

    def path(given: Path | None) -> Path | None:
        return None if given is None else Path(absolute(given))

    return dataclasses.replace(
        job,
        data=Path(absolute(job.data)),
        robot=Path(absolute(job.robot)),
        out=Path(absolute(job.out)),
        cache=path(job.cache),
        start=path(job.start),
    )
