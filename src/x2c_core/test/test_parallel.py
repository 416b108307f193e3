# SPDX-License-Identifier: Apache-2.0
import contextlib
import fcntl
import multiprocessing.connection
import os
import signal
import struct
import subprocess
import sys
import time

import pytest

from x2c_core.system.parallel import work_through

pytestmark = pytest.mark.process

# Each job holds a lock as long as its process lives, whoever has to reap that.
PROGRAM = """
import fcntl, os, sys, time
from pathlib import Path
from x2c_core.system.parallel import work_through

def work(job, progress):
    file = open(Path(sys.argv[1], job), "w")
    fcntl.flock(file, fcntl.LOCK_EX)
    print(os.getpid(), file=file, flush=True)
    time.sleep(600)

if __name__ == "__main__":
    try:
        list(work_through(work, ["a", "b"], 2, lambda place, done: None, lambda job: None))
    except KeyboardInterrupt:
        os._exit(130)
"""


def process_id(job, progress):
    progress(1)
    return os.getpid()


def is_free(file):
    with file.open("r") as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def wait_for(condition, limit=150.0):
    end = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("number", "to_all", "status"),
    [
        (signal.SIGINT, False, 130),
        # As a terminal sends it.
        (signal.SIGINT, True, 130),
        (signal.SIGTERM, False, -signal.SIGTERM),
        (signal.SIGKILL, False, -signal.SIGKILL),
    ],
)
def test_no_process_goes_on_when_the_user_stops_the_program(tmp_path, number, to_all, status):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM, encoding="utf-8")
    jobs = tmp_path / "jobs"
    jobs.mkdir()
    files = [jobs / name for name in ("a", "b")]
    command = [sys.executable, str(program), str(jobs)]
    said = tmp_path / "said"
    with said.open("w") as errors:
        running = subprocess.Popen(command, start_new_session=True, stderr=errors)
    try:
        wait_for(lambda: all(one.is_file() and one.read_text() for one in files))
        (os.killpg if to_all else os.kill)(running.pid, number)
        assert running.wait(150.0) == status
        wait_for(lambda: all(is_free(one) for one in files))
        assert "Traceback" not in said.read_text()
        if number == signal.SIGINT:
            assert said.read_text() == ""
    finally:
        for one in files:
            with contextlib.suppress(OSError, ValueError):
                if not is_free(one):
                    os.kill(int(one.read_text()), signal.SIGKILL)
        running.kill()


def die_once(job, progress):
    if job == "bad":
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.2)
    return job.upper()


def test_a_job_that_kills_its_process_costs_no_other_job():
    found = dict(
        work_through(die_once, ["a", "bad", "c"], 2, lambda place, done: None, lambda job: "dead")
    )
    assert found == {0: "A", 1: "dead", 2: "C"}


def die_amid_the_result(job, progress):
    def send_half(connection, data):
        connection._send(struct.pack("!i", len(data)) + bytes(data)[: len(data) // 2])
        os.kill(os.getpid(), signal.SIGKILL)

    if job == "bad":
        multiprocessing.connection.Connection._send_bytes = send_half
    return job.upper()


def test_a_process_that_dies_amid_its_result_costs_no_other_job():
    jobs = ["a", "bad", "c", "bad"]
    found = dict(
        work_through(die_amid_the_result, jobs, 2, lambda place, done: None, lambda job: "dead")
    )
    assert found == {0: "A", 1: "dead", 2: "C", 3: "dead"}


def test_one_at_a_time_is_a_process_of_its_own_too():
    found = work_through(process_id, ["a", "b"], 1, lambda place, done: None, lambda job: 0)
    assert os.getpid() not in dict(found).values()


def test_a_single_job_needs_no_other_process():
    told = []
    found = work_through(
        process_id, ["a"], 2, lambda place, done: told.append((place, done)), lambda job: 0
    )
    assert dict(found) == {0: os.getpid()}
    assert told == [(0, 1)]
