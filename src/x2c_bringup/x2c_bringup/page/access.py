# SPDX-License-Identifier: Apache-2.0
"""Browsers and addresses that may use the page."""

from __future__ import annotations

import hmac
import ipaddress
import os
import re
import secrets
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from x2c_bringup.errors import PageError

LOOPBACK = "127.0.0.1"
ENVIRONMENT = "X2C_PAGE_TOKEN"
"""Environment variable with the token; unlike arguments, no other user can read it."""

_TOKEN_BYTES = 16
_TOKEN = re.compile(r"[A-Za-z0-9_-]+")
_LOCAL_NAMES = ("127.0.0.1", "localhost", "::1")

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self' blob: data:; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Headers of every answer: nothing from elsewhere, and never in the frame of another page."""


def new_token() -> str:
    """Return the token of the environment, or one that cannot be guessed."""
    return os.environ.get(ENVIRONMENT) or secrets.token_urlsafe(_TOKEN_BYTES)


@dataclass(frozen=True)
class Access:
    """Rule for who may use the page.

    The token is asked for on the loopback too: every user of the machine can reach that.

    Attributes:
        address: Address that is listened on.
        token: Token that a browser has to bring.
    """

    address: str = LOOPBACK
    token: str = field(default_factory=new_token)

    def __post_init__(self) -> None:
        """Refuse an address that opens the page without a token, or to all networks.

        Raises:
            PageError: The address is none of one interface, or needs a token.
        """
        try:
            address = ipaddress.ip_address(self.address)
        except ValueError as error:
            raise PageError(
                f"expected the IP address of one interface of this machine, got {self.address!r}"
            ) from error
        mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
        if (mapped or address).is_unspecified:
            raise PageError(
                f"{self.address} would open the page to all networks: give the address of the "
                "interface that you mean, see 'ip address'"
            )
        if not _TOKEN.fullmatch(self.token):
            raise PageError("the page needs a token of letters, digits, - and _")

    def knows_host(self, host: str) -> bool:
        """Return whether a request is for this page by its own name.

        A foreign name that leads to this machine is how a page of elsewhere gets around the
        rule that pages reach only their own server.

        Args:
            host: Header Host of the request.
        """
        name = _name(f"//{host}")
        own = ipaddress.ip_address(self.address)
        if own.is_loopback and name in _LOCAL_NAMES:
            return True
        try:
            return ipaddress.ip_address(name) == own
        except ValueError:
            return False

    def knows_origin(self, origin: str | None, host: str) -> bool:
        """Return whether a request comes from this page itself.

        Args:
            origin: Header Origin; None where the browser sends none.
            host: Header Host of the same request.
        """
        return self.knows_host(host) and origin in (f"http://{host}", f"https://{host}")

    def knows_token(self, given: str) -> bool:
        """Return whether a token is the right one."""
        return hmac.compare_digest(given.encode(errors="replace"), self.token.encode())


def _name(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
