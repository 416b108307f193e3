# SPDX-License-Identifier: Apache-2.0
import subprocess
import sys

import pytest

LEAN = """
import sys

from x2c_node.spinning.message_generator import leave_out_generator

leave_out_generator()
leave_out_generator()
"""
USED = """
from std_msgs.msg import Bool

Bool.__import_type_support__()
assert Bool._TYPE_SUPPORT is not None
"""
ABSENT = """
assert not {"lark", "em", "rosidl_generator_py.generate_py_impl"} & set(sys.modules)
"""
ASKED_FOR = """
from rosidl_generator_py.generate_py_impl import generate_py
"""
THERE_ALREADY = """
import rosidl_generator_py
"""


@pytest.mark.process
@pytest.mark.parametrize(
    "program", [LEAN + USED + ABSENT, LEAN + ASKED_FOR, THERE_ALREADY + LEAN + USED]
)
def test_messages_work_without_their_generator_and_it_can_still_be_had(program):
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=400
    )
    assert done.returncode == 0, done.stderr
