# SPDX-License-Identifier: Apache-2.0
"""UDP sender of faces in the VMC protocol."""

from __future__ import annotations

import contextlib
import socket

from x2c_core.arrays import Array
from x2c_sources.blendshapes.vmc import vmc_packet
from x2c_sources.errors import ReceiverError


class VMCSender:
    """Send faces to one address; that no program listens there is no error.

    Args:
        target: HOST:PORT, such as 127.0.0.1:39540.

    Raises:
        ReceiverError: The target is no address.
    """

    def __init__(self, target: str) -> None:
        host, _, port = target.rpartition(":")
        try:
            number = int(port)
            if not host or not 0 < number < 65536:
                raise ValueError
            self._target = (socket.gethostbyname(host), number)
        except (OSError, ValueError) as error:
            raise ReceiverError(
                f"vmc_out: expected HOST:PORT, such as 127.0.0.1:39540, got {target!r}"
            ) from error
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)

    def send(self, shapes: Array, time: float) -> None:
        """Send a face; one that the network does not take now is left out.

        Args:
            shapes: (55,) shapes and angles.
            time: Time since the sender began [s].
        """
        with contextlib.suppress(OSError):
            self._socket.sendto(vmc_packet(shapes, time), self._target)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()
