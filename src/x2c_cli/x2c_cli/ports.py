# SPDX-License-Identifier: Apache-2.0
"""Ports for programs that a command runs beside itself."""

from __future__ import annotations

import socket


def free_port() -> int:
    """Return a port of this machine that is free for a program to listen on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
