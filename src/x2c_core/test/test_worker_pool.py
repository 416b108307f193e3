# SPDX-License-Identifier: Apache-2.0
import os
import signal
import time

import pytest

from x2c_core.system.worker_pool import worker_pool

pytestmark = pytest.mark.process

started_with = None


def begin(value):
    global started_with
    started_with = value


def state(_):
    return started_with, signal.getsignal(signal.SIGINT), os.getpid()


def test_each_process_is_prepared_and_ignores_ctrl_c():
    with worker_pool(1, begin, ("ready",)) as pool:
        value, handler, process = pool.submit(state, None).result(150.0)
    assert (value, handler) == ("ready", signal.SIG_IGN)
    assert process != os.getpid()


def fail_with_process_id():
    with worker_pool(1) as pool:
        raise KeyError(pool.submit(os.getpid).result(150.0))


def leave_while_a_job_runs(jobs, wait_until):
    with worker_pool(1) as pool:
        jobs.append(pool.submit(time.sleep, 0.2))
        wait_until(jobs[0].running, what="the job")
        raise KeyError


def test_without_hurry_running_jobs_are_completed(wait_until):
    jobs = []
    with pytest.raises(KeyError):
        leave_while_a_job_runs(jobs, wait_until)
    assert jobs[0].exception(0.0) is None


def test_an_error_in_the_block_ends_the_pool_and_is_raised():
    with pytest.raises(KeyError) as caught:
        fail_with_process_id()
    with pytest.raises(ProcessLookupError):
        os.kill(caught.value.args[0], 0)
