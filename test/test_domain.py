# SPDX-License-Identifier: Apache-2.0
import socket

from x2c_testing.domain import take_domain


def test_two_runs_never_share_a_domain():
    first, claim = take_domain(99)
    with claim:
        second, other = take_domain(first)
        other.close()
        assert second != first
        assert 1 <= second <= 101


def test_a_domain_in_which_something_runs_is_passed_over():
    domain, claim = take_domain(99)
    claim.close()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as participant:
        participant.bind(("127.0.0.1", 7400 + 250 * domain + 10))
        other, claim = take_domain(domain)
        claim.close()
    assert other != domain


def test_tests_run_in_a_domain_that_is_theirs(ros_domain):
    other, claim = take_domain(ros_domain)
    claim.close()
    assert other != ros_domain
