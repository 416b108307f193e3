# SPDX-License-Identifier: Apache-2.0
import sys

import pytest

from x2c_node.errors import ThreadError
from x2c_node.managed_node import ManagedNode
from x2c_node.parameters import Parameters
from x2c_node.spinning.node_thread import NodeThread
from x2c_node.supervision.supervisor import Supervisor


@pytest.fixture
def thread(ros):
    supervisor = Supervisor()
    made = NodeThread(ManagedNode("program", Parameters, supervisor=supervisor), supervisor)
    yield made
    made.stop()
    made.close()


def test_results_and_errors_come_back(thread):
    assert thread.result(thread.begin(lambda: 7)) == 7
    with pytest.raises(ZeroDivisionError):
        thread.result(thread.begin(lambda: 1 / 0))
    assert thread.result(thread.begin(lambda: 8)) == 8


def test_what_ends_the_thread_does_not_end_the_one_that_waits(thread):
    # As a driver may that was written for a program of its own.
    with pytest.raises(ThreadError, match="program has died: SystemExit"):
        thread.result(thread.begin(lambda: sys.exit(0)))
