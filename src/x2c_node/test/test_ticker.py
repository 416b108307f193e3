# SPDX-License-Identifier: Apache-2.0
import threading
import time

from x2c_node.supervision.ticker import Ticker


def test_calls_go_on_in_one_thread_until_the_end(wait_until):
    threads, late = set(), []

    def call(lateness):
        threads.add(threading.current_thread().name)
        late.append(lateness)

    ticker = Ticker(0.001, call, "beat")
    ticker.start()
    wait_until(lambda: len(late) > 20, what="calls")
    ticker.stop()
    count = len(late)
    time.sleep(0.02)
    assert len(late) == count
    assert threads == {"beat"}
    assert min(late) >= 0.0


def test_a_call_that_takes_long_is_not_made_up_for(wait_until):
    times = []

    def call(lateness):
        times.append(time.monotonic())
        if len(times) == 1:
            time.sleep(0.2)

    ticker = Ticker(0.05, call, "beat")
    ticker.start()
    wait_until(lambda: len(times) >= 4, what="calls")
    ticker.stop()
    # Four calls were missed in the meantime; none of them comes at once.
    assert times[3] - times[1] > 0.05


def test_a_ticker_can_be_stopped_by_what_it_calls_and_before_it_starts(wait_until):
    called = []
    ticker = Ticker(0.001, lambda late: (called.append(late), ticker.stop()), "beat")
    ticker.stop()
    ticker = Ticker(0.001, lambda late: (called.append(late), ticker.stop()), "beat")
    ticker.start()
    wait_until(lambda: called, what="a call")
    ticker.stop()
    assert len(called) == 1
