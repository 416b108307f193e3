# SPDX-License-Identifier: Apache-2.0
import os
import signal

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


def fail_with_process_id(hurry):
    with worker_pool(1, hurry=hurry) as pool:
        raise KeyError(pool.submit(os.getpid).result(150.0))


@pytest.mark.parametrize("hurry", [True, False])
def test_an_error_in_the_block_ends_the_pool_and_is_raised(hurry):
    with pytest.raises(KeyError) as caught:
        fail_with_process_id(hurry)
    with pytest.raises(ProcessLookupError):
        os.kill(caught.value.args[0], 0)
