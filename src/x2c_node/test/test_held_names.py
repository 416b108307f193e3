# SPDX-License-Identifier: Apache-2.0
"""Names of the nodes that run on this machine."""

import subprocess
import sys

import pytest

from x2c_node.graph.held_names import HeldName, is_held

DOMAIN = 10_000
"""No graph on this machine can have it."""

NAME = "/test_of_held_names/actuation_node"

HOLDER = f"""
from x2c_node.graph.held_names import HeldName
held = HeldName({DOMAIN}, {NAME!r})
print(held.hold(), flush=True)
input()
"""


@pytest.fixture
def held():
    one = HeldName(DOMAIN, NAME)
    yield one
    one.release()


def test_a_name_is_held_until_it_is_released(held):
    assert not is_held(DOMAIN, NAME)
    assert held.hold()
    assert held.hold()
    assert is_held(DOMAIN, NAME)
    held.release()
    assert not is_held(DOMAIN, NAME)


def test_a_name_is_held_once_and_by_the_next_after_its_release(held):
    other = HeldName(DOMAIN, NAME)
    assert held.hold()
    assert not other.hold()
    held.release()
    assert other.hold()
    other.release()


def test_names_differ_by_domain_and_namespace(held):
    assert held.hold()
    assert not is_held(DOMAIN + 1, NAME)
    assert not is_held(DOMAIN, "/actuation_node")


def test_a_name_of_any_length_is_held():
    long = HeldName(DOMAIN, "/" + 300 * "n")
    assert long.hold()
    assert is_held(DOMAIN, "/" + 300 * "n")
    long.release()


@pytest.mark.process
def test_a_killed_process_holds_nothing():
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with process:
        assert process.stdout.readline() == b"True\n"
        assert is_held(DOMAIN, NAME)
        process.kill()
        process.wait()
        assert not is_held(DOMAIN, NAME)


@pytest.mark.process
def test_a_forked_process_does_not_keep_the_name_of_its_parent():
    # The program forks one that waits for the end of its input, and ends itself.
    program = HOLDER.replace(
        "input()", "import os\nif os.fork() == 0:\n    input()\n    os._exit(0)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout.readline() == b"True\n"
        process.wait(60.0)
        assert not is_held(DOMAIN, NAME)
