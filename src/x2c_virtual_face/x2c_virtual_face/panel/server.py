# SPDX-License-Identifier: Apache-2.0
"""Serve the page with the sliders, to web browsers on this machine only."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from functools import cached_property
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from typing import Any
from urllib.parse import urlsplit

from x2c_core.errors import X2CError
from x2c_core.files.bounded_json import load_json
from x2c_virtual_face.blend import Blend
from x2c_virtual_face.errors import PanelError
from x2c_virtual_face.panel.description import description
from x2c_virtual_face.panel.live_face import LiveFace

HOST = "127.0.0.1"
PORT = 8765
"""Default port of the page."""

_LOCAL_NAMES = ("127.0.0.1", "localhost", "::1")
_LONGEST_REQUEST = 65536
_MOST_CONNECTIONS = 64
"""Connections that are served at once; each has a thread."""
_BOUNDARY = "image"
_FILES = {
    "/": ("panel.html", "text/html; charset=utf-8"),
    "/panel.css": ("panel.css", "text/css; charset=utf-8"),
    "/panel.js": ("panel.js", "text/javascript; charset=utf-8"),
}


class PanelServer:
    """The page, and what its sliders do, until it is closed.

    Args:
        face: Shown, and moved by the sliders.
        title: Title of the page.
        port: Port to serve on; default: PORT, or any free one if that is taken.

    Raises:
        PanelError: The port is taken or not to be had.
    """

    def __init__(self, face: LiveFace, title: str, port: int | None = None) -> None:
        self.blend = Blend()
        self.face = face
        self.title = title
        self._server = _listen(port)
        self._server.panel = self
        self._thread = threading.Thread(target=self._server.serve_forever, name="panel")
        self._thread.start()

    @property
    def url(self) -> str:
        """Address of the page."""
        return f"http://{HOST}:{self.port}/"

    @property
    def port(self) -> int:
        """Address of the page."""
        return int(self._server.server_address[1])

    def close(self) -> None:
        """Serve no more; close the face after it, which ends the images."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def change(self, wishes: dict[str, Any]) -> None:
        """Do what a page wants, and have the face follow.

        Raises:
            X2CError: It wants what cannot be.
        """
        unknown = set(wishes) - {"controls", "expressions", "together", "neutral"}
        if unknown:
            raise PanelError(f"unknown wishes: {', '.join(sorted(unknown))}")
        for name in ("controls", "expressions"):
            if not isinstance(wishes.get(name, {}), dict):
                raise PanelError(f"{name}: expected values by name, got {wishes[name]!r}")
        if wishes.get("neutral"):
            self.blend.reset()
        self.blend.set_expressions(wishes.get("expressions", {}))
        self.blend.set_controls(wishes.get("controls", {}), bool(wishes.get("together")))
        self.face.show(self.blend.values)

    def state(self) -> dict[str, Any]:
        """Return what the sliders say."""
        values = [round(float(value), 5) for value in self.blend.values]
        return {"values": values, "expressions": self.blend.amounts}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # A port that was left a moment ago can be used again; one that is in use cannot.
    allow_reuse_address = True
    panel: PanelServer

    def __init__(self, address: tuple[str, int]) -> None:
        super().__init__(address, _Handler)
        self._free = threading.BoundedSemaphore(_MOST_CONNECTIONS)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread, or close it where there are too many."""
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve a connection to its end."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()


def _listen(port: int | None) -> _Server:
    for number in (PORT, 0) if port is None else (port,):
        try:
            return _Server((HOST, number))
        except (OSError, OverflowError) as error:
            reason = error
    raise PanelError(
        f"cannot serve on port {port}: {reason}; choose another port, or none to have one chosen"
    )


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = 30.0
    """Longest wait for a browser [s]: its next request, or room for an image."""

    @cached_property
    def _panel(self) -> PanelServer:
        return self.server.panel

    def do_GET(self) -> None:
        """Answer with a file of the page, the face's description or state, or its images."""
        path = urlsplit(self.path).path
        answers: dict[str, Callable[[], None]] = {
            "/face": lambda: self._send_json(description(self._panel.title)),
            "/state": lambda: self._send_json(self._panel.state()),
            "/images": self._send_images,
            "/image.jpg": lambda: self._send(next(self._panel.face.images()), "image/jpeg"),
        }
        if not self._is_local():
            self._refuse(HTTPStatus.FORBIDDEN, "this page is for web browsers on this machine")
        elif path in _FILES:
            name, kind = _FILES[path]
            self._send((resources.files("x2c_virtual_face") / "data" / name).read_bytes(), kind)
        elif path in answers:
            answers[path]()
        else:
            self._refuse(HTTPStatus.NOT_FOUND, f"there is no {path} here")

    def do_POST(self) -> None:
        """Change what the sliders say."""
        if not self._is_local():
            self._refuse(HTTPStatus.FORBIDDEN, "this page is for web browsers on this machine")
            return
        try:
            length = int(self.headers.get("Content-Length", ""))
        except ValueError:
            length = -1
        if not 0 <= length <= _LONGEST_REQUEST:
            self._refuse(HTTPStatus.BAD_REQUEST, "expected a short JSON object")
            return
        try:
            wishes = load_json(self.rfile.read(length))
            if not isinstance(wishes, dict):
                raise PanelError(f"expected a JSON object, got {wishes!r}")
            self._panel.change(wishes)
        except (X2CError, ValueError) as error:
            self._refuse(HTTPStatus.BAD_REQUEST, str(error))
            return
        self._send_json(self._panel.state())

    def _is_local(self) -> bool:
        """Tell whether this comes from our page, not from one that only got our address."""
        host = urlsplit(f"//{self.headers.get('Host', '')}").hostname
        origin = self.headers.get("Origin")
        return host in _LOCAL_NAMES and (
            origin is None or urlsplit(origin).hostname in _LOCAL_NAMES
        )

    def _send_json(self, content: Any) -> None:
        self._send(json.dumps(content).encode(), "application/json")

    def _send(
        self, body: bytes, kind: str, status: HTTPStatus = HTTPStatus.OK, *, last: bool = False
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        # Buttons in the frame of another page could be clicked without being seen.
        self.send_header("Content-Security-Policy", "frame-ancestors 'none'")
        self.send_header("X-Frame-Options", "DENY")
        if last:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def _refuse(self, status: HTTPStatus, reason: str) -> None:
        # What the request still holds is not read, so no other can follow it.
        self._send(json.dumps({"error": reason}).encode(), "application/json", status, last=True)

    def _send_images(self) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", f"multipart/x-mixed-replace; boundary={_BOUNDARY}")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Connection", "close")
        self.end_headers()
        # Browsers show an image when its closing boundary comes, so it goes with the image.
        self.wfile.write(f"--{_BOUNDARY}\r\n".encode())
        for jpeg in self._panel.face.images():
            head = f"Content-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
            self.wfile.write(head.encode() + jpeg + f"\r\n--{_BOUNDARY}\r\n".encode())

    def handle(self) -> None:
        """Serve a connection; a browser may close it at any time."""
        try:
            super().handle()
        except (ConnectionError, StopIteration, TimeoutError):
            self.close_connection = True

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
        """Say nothing: the terminal belongs to the user."""
