# SPDX-License-Identifier: Apache-2.0
import errno
import os
import signal
import threading
import time
from multiprocessing.context import SpawnProcess

import pytest

from x2c_core.errors import WorkerError
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


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def fail():
    raise KeyError("missing")


class Deadly:
    """Ends the process that receives it."""

    def __reduce__(self):
        return os._exit, (3,)


@pytest.mark.parametrize(
    ("start", "work", "args", "ending"),
    [
        (die, os.getpid, (), "Killed"),
        (None, die, (), "Killed"),
        (None, print, (Deadly(),), "exit status 3"),
    ],
)
def test_a_process_that_dies_fails_its_job_alone(start, work, args, ending):
    with worker_pool(1, start) as pool:
        jobs = [pool.submit(work, *args) for _ in range(2)]
        for job in jobs:
            with pytest.raises(WorkerError, match=rf"in the midst of its work \({ending}\)"):
                job.result(150.0)
        if start is None:
            assert pool.submit(os.getpid).result(150.0) != os.getpid()


def test_a_process_that_cannot_be_started_is_no_wait(monkeypatch):
    def refuse(process):
        raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    monkeypatch.setattr(SpawnProcess, "start", refuse)
    with worker_pool(2) as pool, pytest.raises(WorkerError, match="no process can be started"):
        pool.submit(os.getpid).result(150.0)


def test_a_stopped_process_is_ended_in_a_hurry():
    def leave_a_stopped_process():
        with worker_pool(1, hurry=True) as pool:
            process = pool.submit(os.getpid).result(150.0)
            os.kill(process, signal.SIGSTOP)
            pool.submit(os.getpid)
            raise KeyError(process)

    with pytest.raises(KeyError) as caught:
        leave_a_stopped_process()
    with pytest.raises(ProcessLookupError):
        os.kill(caught.value.args[0], 0)


def go_on_for_ever():
    threading.Thread(target=time.sleep, args=(600.0,)).start()
    return os.getpid()


def test_a_process_that_does_not_end_by_itself_is_ended(monkeypatch):
    monkeypatch.setattr("x2c_core.system.worker_pool._ENDING", 0.1, raising=False)
    with worker_pool(1) as pool:
        process = pool.submit(go_on_for_ever).result(150.0)
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def test_jobs_fail_with_what_the_beginning_raised():
    with worker_pool(1, fail) as pool, pytest.raises(KeyError, match="missing"):
        pool.submit(os.getpid).result(150.0)


def test_what_cannot_be_sent_ends_no_process():
    with worker_pool(1) as pool:
        process = pool.submit(os.getpid).result(150.0)
        for job in (pool.submit(threading.Lock), pool.submit(print, threading.Lock())):
            with pytest.raises(TypeError, match="cannot pickle"):
                job.result(150.0)
        assert pool.submit(os.getpid).result(150.0) == process
