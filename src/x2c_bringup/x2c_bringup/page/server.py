# SPDX-License-Identifier: Apache-2.0
"""Server of the live page: files, the WebSocket of each browser, and the emergency stop."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib import resources
from typing import Any, Protocol

from tornado.httpserver import HTTPServer
from tornado.web import Application, RequestHandler
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from x2c_bringup.page.access import HEADERS, Access
from x2c_bringup.page.newest import Newest, encode
from x2c_bringup.page.wishes import LONGEST, STOP, BrowserState, SliderMove, Wish, parse
from x2c_core.errors import X2CError

_MOST_BROWSERS = 16
_PING = 10
"""Time between two pings of a browser; one that does not answer is let go of [s]."""

_STALLED = 5.0
"""Time without drawing after which a page counts as one at which no one looks [s]."""

_LOOK = 0.2
"""Time between two looks at whether to end [s]."""

_COOKIE = "x2c_page_{port}"
"""Name of the cookie with the token; browsers send those of all ports of a machine."""

_FILES = {
    "/": ("page.html", "text/html; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    "/page.js": ("page.js", "text/javascript; charset=utf-8"),
    "/drawing.js": ("drawing.js", "text/javascript; charset=utf-8"),
    "/settings.js": ("settings.js", "text/javascript; charset=utf-8"),
    "/sliders.js": ("sliders.js", "text/javascript; charset=utf-8"),
}


class Operator(Protocol):
    """Link to the nodes that the page operates."""

    def stop(self) -> None:
        """Assert the emergency stop, at once."""

    def do(self, wish: Wish) -> None:
        """Have something done, in turn."""

    def move(self, move: SliderMove) -> None:
        """Move sliders, at once."""

    def watch(self, wanted: bool) -> None:
        """Begin or end to receive."""


@dataclass(frozen=True)
class PageServices:
    """Content of the page, and rules for it.

    Attributes:
        newest: Parts that browsers see.
        operator: Link to the nodes.
        access: Rule for who may use the page.
    """

    newest: Newest
    operator: Operator
    access: Access


async def serve(
    listening: socket.socket, services: PageServices, ended: Callable[[float], bool]
) -> None:
    """Serve the page until the end.

    Args:
        listening: Listening socket.
        services: Content to serve.
        ended: Whether to end; asked several times a second, with the time for which no page has
            been open [s].
    """
    browsers = Browsers(services, asyncio.get_running_loop())
    cookie = _COOKIE.format(port=listening.getsockname()[1])
    arguments = {"services": services, "cookie": cookie}
    application = Application(
        [
            *((path, _File, {**arguments, "file": file}) for path, file in _FILES.items()),
            ("/live", _Live, {**arguments, "browsers": browsers}),
            ("/stop", _Stop, arguments),
        ],
        default_handler_class=_Missing,
        default_handler_args=arguments,
        websocket_ping_interval=_PING,
        websocket_max_message_size=LONGEST,
        log_function=lambda handler: None,
    )
    server = HTTPServer(application, max_body_size=LONGEST, idle_connection_timeout=60.0)
    server.add_socket(listening)
    try:
        while not ended(browsers.absence):
            await asyncio.sleep(_LOOK)
            browsers.look()
    finally:
        services.newest.changed = lambda: None
        server.stop()
        browsers.close()


class Browsers:
    """Open pages; each gets the newest news when it has drawn the last.

    So at most one message is on its way to each, however slow it is.

    Args:
        services: Content to serve.
        loop: Loop of the server.
    """

    def __init__(self, services: PageServices, loop: asyncio.AbstractEventLoop) -> None:
        self._services = services
        self._loop = loop
        self._open: set[_Live] = set()
        self._due = False
        self._watching = False
        self._left = time.monotonic()
        services.newest.changed = self._changed

    @property
    def full(self) -> bool:
        """True if there are as many as are served."""
        return len(self._open) >= _MOST_BROWSERS

    @property
    def absence(self) -> float:
        """Time for which no page has been open [s]."""
        return 0.0 if self._open else time.monotonic() - self._left

    def add(self, browser: _Live) -> None:
        """Begin to serve a page."""
        self._open.add(browser)
        self.look()

    def remove(self, browser: _Live) -> None:
        """Forget a page that is gone."""
        self._open.discard(browser)
        self._left = time.monotonic()
        self.look()

    def look(self) -> None:
        """Receive while any page is visible and draws."""
        wanted = any(one.looking and not one.stalled for one in self._open)
        if wanted != self._watching:
            self._watching = wanted
            self._services.operator.watch(wanted)

    def close(self) -> None:
        """Tell all pages that the server ends."""
        for browser in list(self._open):
            browser.close(1001, "the page's program ends")

    def _changed(self) -> None:
        """Wake the server, once for all changes until it runs; from any thread."""
        if not self._due:
            self._due = True
            self._loop.call_soon_threadsafe(self._send)

    def _send(self) -> None:
        self._due = False
        for browser in list(self._open):
            browser.send_news()


class _Guarded(RequestHandler):
    """Answer to our own pages only."""

    def initialize(
        self, services: PageServices, cookie: str, file: tuple[str, str] = ("", "")
    ) -> None:
        self.services = services
        self._cookie = cookie
        self._file = file

    def set_default_headers(self) -> None:
        for name, value in HEADERS.items():
            self.set_header(name, value)
        self.clear_header("Server")

    def prepare(self) -> None:
        access = self.services.access
        if not access.knows_host(self.request.host):
            self._refuse(403, "this page is for browsers that ask for it by its own address")
        elif not access.knows_token(self.get_cookie(self._cookie) or ""):
            self._take_token(access)

    def _take_token(self, access: Access) -> None:
        """Keep the token of an address as a cookie; the page then hides it.

        Not by a redirect: after a link in another page browsers would leave the cookie out.
        """
        given = self.get_query_argument("token", "")
        if self.request.method == "GET" and access.knows_token(given):
            self.set_cookie(self._cookie, given, httponly=True, samesite="Strict", path="/")
        else:
            self._refuse(
                401,
                "This page needs the token of its present start. Open the whole address that "
                "the program has printed, with ?token= at its end.",
            )

    def _refuse(self, status: int, reason: str) -> None:
        self.set_status(status)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(reason)

    def write_error(self, status_code: int, **details: Any) -> None:
        self._refuse(status_code, self._reason)


class _File(_Guarded):
    """A file of the page."""

    def get(self) -> None:
        name, kind = self._file
        self.set_header("Content-Type", kind)
        self.finish((resources.files("x2c_bringup") / "page" / "data" / name).read_bytes())

    head = get


class _Missing(_Guarded):
    """Answer to an address that there is not."""

    def get(self) -> None:
        self._refuse(404, "there is no such page")

    post = get


class _Stop(_Guarded):
    """Emergency stop without a WebSocket, for a page that has lost it."""

    def post(self) -> None:
        if not self.services.access.knows_origin(
            self.request.headers.get("Origin"), self.request.host
        ):
            self._refuse(403, "this stop is for the page itself")
            return
        self.services.operator.stop()
        self.finish("published")


class _Live(WebSocketHandler):
    """Connection of one page."""

    def initialize(self, services: PageServices, cookie: str, browsers: Browsers) -> None:
        self.services = services
        self._cookie = cookie
        self._browsers = browsers
        self._seen = 0
        self._ready = False
        self._sent = 0.0
        self.looking = False

    @property
    def stalled(self) -> bool:
        """True if the page has not drawn the last message for long, as one that hangs."""
        return not self._ready and time.monotonic() - self._sent > _STALLED

    def prepare(self) -> None:
        token = self.get_cookie(self._cookie) or ""
        if not self.services.access.knows_token(token):
            self.set_status(401)
            self.finish("this page needs its token")

    def check_origin(self, origin: str) -> bool:
        return self.services.access.knows_origin(origin, self.request.host)

    def open(self, *arguments: str, **names: str) -> None:
        if not self.request.headers.get("Origin"):
            self.close(1008, "this connection is for the page itself")
        elif self._browsers.full:
            self.close(1013, "too many pages are open")
        else:
            self.set_nodelay(True)
            self._ready = self.looking = True
            self._browsers.add(self)
            self.send_news()

    def on_message(self, message: str | bytes) -> None:
        try:
            content = parse(message)
            if isinstance(content, BrowserState):
                self._take(content)
            elif isinstance(content, SliderMove):
                self.services.operator.move(content)
            elif content.action == STOP:
                self.services.operator.stop()
            else:
                self.services.operator.do(content)
        except X2CError as error:
            self._tell(str(error))

    def _take(self, report: BrowserState) -> None:
        self._ready |= report.ready
        if report.looking is not None:
            self.looking = report.looking
        self._browsers.look()
        self.send_news()

    def send_news(self) -> None:
        """Send what is new, if the page has drawn the last message."""
        if not (self._ready and self.looking):
            return
        number, parts = self.services.newest.since(self._seen)
        if parts:
            self._seen, self._ready = number, False
            self._sent = time.monotonic()
            self._write(encode(parts), binary=True)

    def _tell(self, error: str) -> None:
        self._write(json.dumps({"error": error}), binary=False)

    def _write(self, message: bytes | str, *, binary: bool) -> None:
        # The page may leave at any time.
        with suppress(WebSocketClosedError):
            sent = self.write_message(message, binary=binary)
            sent.add_done_callback(lambda done: done.cancelled() or done.exception())

    def on_close(self) -> None:
        self._browsers.remove(self)
