# SPDX-License-Identifier: Apache-2.0
"""Work on several things at once on a Dask cluster.

Dask rather than Ray: each job is one pure function, which needs no actors and no shared object
store; dask and distributed are small, pure Python, ask for no versions of protobuf and NumPy, and
do the work of a lost worker again by themselves.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from x2c_core.errors import ClusterError
from x2c_core.system.optional_modules import how_to_install

J = TypeVar("J")
R = TypeVar("R")

_PATIENCE = "20s"
"""Time limit for an answer of a cluster [s]."""


class Cluster:
    """A Dask cluster.

    Its workers need this project, the same version of it, and files under the same paths (a shared
    file system).

    Args:
        address: Address of the scheduler, for example tcp://10.0.0.1:8786.

    Raises:
        ClusterError: Dask is not installed.
    """

    def __init__(self, address: str) -> None:
        try:
            import distributed
        except ImportError as error:
            raise ClusterError(
                f"--cluster needs Dask, which is not installed ({error}): "
                f"{how_to_install('distributed')}"
            ) from error
        self._dask: Any = distributed
        self._address = address

    def work_through(
        self,
        work: Callable[[J], R],
        jobs: Sequence[J],
        names: Sequence[str],
        failed: Callable[[J, str], R],
    ) -> Iterator[tuple[int, R]]:
        """Yield each job's index with its result, in the order in which they are done.

        When no more results are wanted, jobs that have not begun are cancelled.

        Args:
            work: Module-level function of a job that returns a result.
            jobs: Arguments, one for each call.
            names: Names of the jobs, for the cluster's dashboard.
            failed: Makes the result of a job that the cluster could not do, with the reason.

        Raises:
            ClusterError: No scheduler answers.
        """
        try:
            client = self._dask.Client(self._address, timeout=_PATIENCE, set_as_default=False)
        except (OSError, ValueError, TimeoutError) as error:
            raise ClusterError(
                f"no Dask scheduler answers at {self._address}: {error}; start one with "
                "'dask scheduler', and 'dask worker ADDRESS --nthreads 1' on each machine"
            ) from error
        with client:
            # Two jobs of the same key are one to the scheduler, also those of two programs.
            run = uuid.uuid4().hex
            places = {
                client.submit(work, job, pure=False, key=f"{name}-{n}-{run}"): n
                for n, (name, job) in enumerate(zip(names, jobs, strict=True))
            }
            try:
                for future in self._dask.as_completed(list(places), loop=client.loop):
                    place, reason = places[future], future.exception()
                    # Also where it has killed one worker after the other.
                    yield (
                        place,
                        future.result()
                        if reason is None
                        else failed(jobs[place], f"{type(reason).__name__}: {reason}"),
                    )
            finally:
                # If the user does not wait, the results are not needed.
                client.cancel(list(places))


def absolute(path: str | Path) -> str:
    """Return a path from the root on, the same for every process."""
    return str(Path(path).expanduser().absolute())
