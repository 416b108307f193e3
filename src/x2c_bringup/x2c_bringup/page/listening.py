# SPDX-License-Identifier: Apache-2.0
"""Address and port of the page."""

from __future__ import annotations

import socket

from x2c_bringup.errors import PageError
from x2c_bringup.page.access import Access

PORT = 8766
"""Default port of the page."""

_BACKLOG = 16


def listen(access: Access, port: int | None) -> socket.socket:
    """Return a listening socket.

    Args:
        access: Rule with the address.
        port: Port; None: PORT, or any free one if that is taken.

    Raises:
        PageError: The port is taken or not to be had.
    """
    family = socket.AF_INET6 if ":" in access.address else socket.AF_INET
    reason: Exception | None = None
    for number in (PORT, 0) if port is None else (port,):
        made = socket.socket(family, socket.SOCK_STREAM)
        try:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind((access.address, number))
            made.listen(_BACKLOG)
        except (OSError, OverflowError) as error:
            made.close()
            reason = error
        else:
            made.setblocking(False)
            return made
    raise PageError(
        f"cannot serve on {access.address}, port {port}: {reason}; choose another port, or none "
        "to have one chosen"
    )


def address_of(listening: socket.socket, access: Access) -> str:
    """Return the page's address for a browser, with the token."""
    host, port = listening.getsockname()[:2]
    place = f"[{host}]" if ":" in host else host
    return f"http://{place}:{port}/?token={access.token}"
