# SPDX-License-Identifier: Apache-2.0
"""A ROS domain for each process of tests.

Workers of one run, and runs of several checkouts, may share a machine. A domain is taken by
binding a UNIX socket of an abstract name: such names last as long as the process and are known in
the network namespace, as the middleware's ports are. A domain in which something else runs already
is passed over.
"""

from __future__ import annotations

import errno
import os
import secrets
import socket
from collections.abc import Iterator

import pytest

_DOMAINS = range(1, 102)
"""Domains whose ports lie below those that Linux gives out by itself."""


def take_domain(first: int) -> tuple[int, socket.socket]:
    """Take a domain that nothing on this machine uses.

    Args:
        first: Domain to try first.

    Returns:
        The domain, and the socket that keeps it as long as it is open.

    Raises:
        RuntimeError: All domains are in use.
    """
    for offset in range(len(_DOMAINS)):
        domain = _DOMAINS[(first - _DOMAINS.start + offset) % len(_DOMAINS)]
        claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            claim.bind(f"\0x2c_test_domain_{domain}")
        except OSError as error:
            claim.close()
            if error.errno != errno.EADDRINUSE:
                raise
            continue
        if not _is_used(domain):
            return domain, claim
        claim.close()
    raise RuntimeError(f"all ROS domains from {_DOMAINS[0]} to {_DOMAINS[-1]} are in use")


def _is_used(domain: int) -> bool:
    """Tell whether a participant of a domain runs, by the port that the first one binds."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("", 7400 + 250 * domain + 10))
        except OSError:
            return True
    return False


@pytest.fixture(scope="session", autouse=True)
def ros_domain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Keep the nodes of these tests among themselves; the value is the domain's number.

    ROS_DOMAIN_ID, where set, is the domain to try first.
    """
    wish = os.environ.get("ROS_DOMAIN_ID") or str(1 + secrets.randbelow(len(_DOMAINS)))
    domain, claim = take_domain(int(wish))
    with claim, pytest.MonkeyPatch.context() as patch:
        patch.setenv("ROS_DOMAIN_ID", str(domain))
        patch.setenv("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
        patch.setenv("ROS_HOME", str(tmp_path_factory.mktemp("ros_home")))
        patch.delenv("ROS_LOG_DIR", raising=False)
        yield domain
