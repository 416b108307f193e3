# SPDX-License-Identifier: Apache-2.0
"""Names of the nodes that run on this machine, known at once and for sure.

Discovery finds other nodes too, but never says when it has found all. Each node holds an
address of Linux's abstract sockets. It ends with the node's process, however that ends, and all
processes see it that the middleware can reach over the loopback. Processes that a node starts or
forks do not keep it.
"""

from __future__ import annotations

import hashlib
import os
import socket
from weakref import WeakSet


class HeldName:
    """The name of a node, held while its process lives.

    Args:
        domain: ROS domain of the node.
        full_name: Name of the node with its namespace.
    """

    def __init__(self, domain: int, full_name: str) -> None:
        self._address = _address(domain, full_name)
        self._socket: socket.socket | None = None

    def hold(self) -> bool:
        """Hold the name, and return whether it is held; another node of the name may have it."""
        if self._socket is None:
            held = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            try:
                held.bind(self._address)
            except OSError:
                held.close()
                return False
            self._socket = held
            _held.add(self)
        return True

    def release(self) -> None:
        """Let the name go."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


_held: WeakSet[HeldName] = WeakSet()


def _release_all() -> None:
    for name in list(_held):
        name.release()


os.register_at_fork(after_in_child=_release_all)


def is_held(domain: int, full_name: str) -> bool:
    """Return whether a node of this name runs on this machine.

    Args:
        domain: ROS domain of the node.
        full_name: Name of the node with its namespace.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect(_address(domain, full_name))
        except OSError:
            return False
    return True


def _address(domain: int, full_name: str) -> bytes:
    # An address has room for 107 bytes, a name need not.
    name = hashlib.sha256(f"{domain} {full_name}".encode()).hexdigest()
    return f"\0x2c/{name}".encode()
