# SPDX-License-Identifier: Apache-2.0
"""Ports of this machine."""

from __future__ import annotations

import socket


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """Return a port of the loopback that is free for a program to listen on.

    Args:
        kind: SOCK_STREAM or SOCK_DGRAM.
    """
    with socket.socket(type=kind) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
