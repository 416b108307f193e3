# SPDX-License-Identifier: Apache-2.0
from builtin_interfaces.msg import Time
from hypothesis import given
from hypothesis import strategies as st

from x2c_node.conversion.headers import to_nanoseconds, to_stamp

SECOND = 1_000_000_000


@given(st.integers(-(2**31), 2**31 - 1), st.integers(0, SECOND - 1))
def test_stamp_comes_back_from_its_nanoseconds(seconds, nanoseconds):
    stamp = Time(sec=seconds, nanosec=nanoseconds)
    assert to_stamp(to_nanoseconds(stamp)) == stamp


def test_nanoseconds_count_from_the_second():
    assert to_nanoseconds(Time(sec=2, nanosec=3)) == 2 * SECOND + 3
