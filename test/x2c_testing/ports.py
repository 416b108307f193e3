# SPDX-License-Identifier: Apache-2.0
"""Ports that were free a moment ago."""

import socket


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """Return a port of this machine that nothing listens on.

    Args:
        kind: Kind of its socket: SOCK_STREAM for TCP, SOCK_DGRAM for UDP.
    """
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
