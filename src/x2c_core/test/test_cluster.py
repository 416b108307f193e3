# SPDX-License-Identifier: Apache-2.0
"""Jobs on a Dask cluster."""

import pytest

pytest.importorskip("distributed", reason="Dask is not installed")

import distributed

from x2c_core.errors import ClusterError
from x2c_core.system.cluster import Cluster


def halved(number):
    """Return half of an even number."""
    if number % 2:
        raise ValueError(f"{number} is odd")
    return number // 2


@pytest.fixture(scope="module")
def address():
    """Scheduler of a cluster in this process."""
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
    ) as cluster:
        yield cluster.scheduler_address


def refused(job, reason):
    return f"{job}: {reason}"


def test_each_job_has_a_result_and_one_that_fails_a_reason(address):
    done = Cluster(address).work_through(halved, [4, 3, 8], ["a", "b", "c"], refused)
    assert sorted(done, key=lambda one: one[0]) == [
        *((0, 2), (1, "3: ValueError: 3 is odd"), (2, 4)),
    ]


def test_programs_with_jobs_of_the_same_names_get_their_own_results(address):
    first = Cluster(address).work_through(halved, [2], ["it"], refused)
    assert next(first) == (0, 1)
    # The first one still holds its results.
    assert list(Cluster(address).work_through(halved, [20], ["it"], refused)) == [(0, 10)]
    first.close()


def test_a_cluster_that_does_not_answer_is_named(monkeypatch):
    monkeypatch.setattr("x2c_core.system.cluster._PATIENCE", "1s")
    with pytest.raises(ClusterError, match="no Dask scheduler answers at tcp://127"):
        list(Cluster("tcp://127.0.0.1:9").work_through(halved, [2], ["it"], refused))
