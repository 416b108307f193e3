# SPDX-License-Identifier: Apache-2.0
"""A live page that is served without nodes: what it asks of them is kept in a list.

The fixture `served` of the tests of x2c_bringup makes one.
"""

from __future__ import annotations

import asyncio
import threading
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

from x2c_bringup.errors import PageError
from x2c_bringup.page.access import Access
from x2c_bringup.page.listening import address_of, listen
from x2c_bringup.page.newest import Newest
from x2c_bringup.page.server import PageServices, serve
from x2c_bringup.page.wishes import SliderMove, Wish

PATIENCE = 60.0


@dataclass
class Nodes:
    """What the page asks of the nodes, in a list."""

    asked: list[Wish | SliderMove] = field(default_factory=list)
    watched: bool = False
    refusal: str = ""

    def stop(self) -> None:
        """Note an emergency stop."""
        self.asked.append(Wish("stop"))

    def do(self, wish: Wish) -> None:
        """Note a wish, or refuse it."""
        if self.refusal:
            raise PageError(self.refusal)
        self.asked.append(wish)

    def move(self, move: SliderMove) -> None:
        """Note what sliders are moved."""
        self.asked.append(move)

    def watch(self, wanted: bool) -> None:
        """Note whether a browser looks."""
        self.watched = wanted


class Served:
    """A page that is served by a thread.

    Args:
        access: Rule for who may use it.
    """

    def __init__(self, access: Access) -> None:
        self.newest, self.nodes = Newest(), Nodes()
        listening = listen(access, 0)
        self.url = address_of(listening, access)
        self.address = self.url.split("?")[0]
        self.port = listening.getsockname()[1]
        self.cookie = f"x2c_page_{self.port}={access.token}"
        self._ended = threading.Event()
        services = PageServices(self.newest, self.nodes, access)
        self.absence = 0.0
        self._thread = threading.Thread(
            target=lambda: asyncio.run(serve(listening, services, self._is_over))
        )
        self._thread.start()

    def _is_over(self, absence: float) -> bool:
        self.absence = absence
        return self._ended.is_set()

    def close(self) -> None:
        """End it."""
        self._ended.set()
        self._thread.join(PATIENCE)

    def get(self, path: str = "", method: str = "GET", **headers: str) -> tuple[int, Any, bytes]:
        """Return status, headers and content of an answer."""
        request = urllib.request.Request(
            self.address + path,
            method=method,
            headers={"Cookie": self.cookie, **headers},
            data=b"" if method == "POST" else None,
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read()

    def talk(self, conversation: Callable[[Any], Awaitable[Any]], **headers: str) -> Any:
        """Run a conversation over a WebSocket and return what it returns."""

        async def run() -> Any:
            connection = await websocket_connect(self.request(**headers))
            try:
                return await asyncio.wait_for(conversation(connection), PATIENCE)
            finally:
                connection.close()

        return asyncio.run(run())

    def request(self, **headers: str) -> HTTPRequest:
        """Return the request for a WebSocket."""
        own = {"Origin": self.address.rstrip("/"), "Cookie": self.cookie}
        address = f"{self.address.replace('http', 'ws')}live"
        return HTTPRequest(address, headers={**own, **headers})
