# SPDX-License-Identifier: Apache-2.0
"""The page with the sliders, as a web browser sees it."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import pytest

from x2c_core.control_space import controls
from x2c_core.robot.robot import Robot
from x2c_virtual_face.blend import EXPRESSION_NAMES
from x2c_virtual_face.errors import PanelError, RenderError
from x2c_virtual_face.panel.live_face import LiveFace
from x2c_virtual_face.panel.server import HOST, PanelServer, _Handler

SIZE = 96


@pytest.fixture(scope="module")
def live_face(robot: Robot) -> Iterator[LiveFace]:
    try:
        face = LiveFace(robot, SIZE)
    except RenderError as error:
        pytest.skip(str(error))
    yield face
    face.close()


@pytest.fixture(scope="module")
def running_server(live_face: LiveFace) -> Iterator[PanelServer]:
    made = PanelServer(live_face, "robot", port=_free_port())
    yield made
    made.close()


@pytest.fixture
def server(running_server: PanelServer) -> PanelServer:
    """Return the shared server with a neutral face."""
    running_server.change({"neutral": True})
    return running_server


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def ask(
    server: PanelServer, path: str, body: bytes | None = None, **headers: str
) -> tuple[int, str, bytes]:
    """Return status, kind and content of an answer."""
    connection = http.client.HTTPConnection(HOST, server.port, timeout=20.0)
    connection.request("POST" if body is not None else "GET", path, body, headers)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, answer.headers["Content-Type"], content


def wish(server: PanelServer, **wishes: Any) -> Any:
    status, _, content = ask(server, "/set", json.dumps(wishes).encode())
    assert status == 200, content
    return json.loads(content)


def image(jpeg: bytes) -> Any:
    return cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)


@pytest.mark.parametrize(
    ("path", "kind", "part"),
    [
        ("/", "text/html", b"<img"),
        ("/panel.css", "text/css", b"body"),
        ("/panel.js", "text/javascript", b"fetch"),
    ],
)
def test_the_page_is_served(server: PanelServer, path: str, kind: str, part: bytes) -> None:
    status, given, content = ask(server, path)
    assert status == 200
    assert given.startswith(kind)
    assert part in content


def test_the_page_is_never_shown_in_a_frame(server: PanelServer) -> None:
    connection = http.client.HTTPConnection(HOST, server.port, timeout=20.0)
    connection.request("GET", "/")
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert answer.headers["Content-Security-Policy"] == "frame-ancestors 'none'"
    assert answer.headers["X-Frame-Options"] == "DENY"


def test_there_is_a_slider_for_every_control_and_every_expression(server: PanelServer) -> None:
    face = json.loads(ask(server, "/face")[2])
    sliders = [s for part in face["sections"] for row in part["rows"] for s in row["controls"]]
    assert sorted(slider["name"] for slider in sliders) == sorted(controls.NAMES)
    for slider in sliders:
        control = controls.CONTROLS[slider["index"]]
        assert slider["name"] == control.name
        assert (slider["minimum"], slider["neutral"], slider["maximum"]) == (
            *(control.minimum, control.neutral, control.maximum),
        )
    assert tuple(face["expressions"]) == EXPRESSION_NAMES


def test_sliders_change_what_all_pages_see(server: PanelServer) -> None:
    state = wish(server, controls={"Jaw Pitch": 0.3}, expressions={"smile": 0.5})
    assert state["values"][controls.index("Jaw Pitch")] == pytest.approx(0.3)
    assert state["expressions"]["smile"] == 0.5
    assert json.loads(ask(server, "/state")[2]) == state
    neutral = wish(server, neutral=True)
    np.testing.assert_allclose(neutral["values"], controls.NEUTRAL, atol=1e-5)


def test_the_image_shows_what_the_sliders_say(server: PanelServer) -> None:
    before = image(ask(server, "/image.jpg")[2])
    assert before.shape == (SIZE, SIZE, 3)
    wish(server, controls={"Head Yaw": 0.5, "Jaw Pitch": 0.0})
    limit = time.monotonic() + 20.0
    while np.abs(image(ask(server, "/image.jpg")[2]).astype(int) - before).mean() < 3.0:
        assert time.monotonic() < limit, "the face does not move"


def test_images_come_in_a_stream(server: PanelServer) -> None:
    connection = http.client.HTTPConnection(HOST, server.port, timeout=20.0)
    connection.request("GET", "/images")
    answer = connection.getresponse()
    assert answer.headers["Content-Type"].startswith("multipart/x-mixed-replace")
    for _ in range(2):
        assert answer.readline() == b"--image\r\n"
        assert answer.readline() == b"Content-Type: image/jpeg\r\n"
        length = int(answer.readline().split()[1])
        answer.readline()
        assert image(answer.read(length)).shape == (SIZE, SIZE, 3)
        answer.readline()
    connection.close()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"{", "Expecting"),
        (b"[]", "expected a JSON object"),
        (b'{"controls": {"Jaw": 1}}', "unknown control 'Jaw'"),
        (b'{"controls": {"Jaw Pitch": NaN}}', "must be finite"),
        (b'{"controls": {"Jaw Pitch": "wide"}}', "expected a number"),
        (b'{"controls": 3}', "expected values by name"),
        (b'{"expressions": {"smile": 7}}', "from 0 to 1"),
        (b'{"speed": 1}', "unknown wishes: speed"),
        (b"\xff", "utf-8"),
    ],
)
def test_a_wish_that_cannot_be_is_refused(server: PanelServer, body: bytes, reason: str) -> None:
    status, _, content = ask(server, "/set", body)
    assert status == 400
    assert reason in json.loads(content)["error"]
    np.testing.assert_allclose(server.blend.values, controls.NEUTRAL)


def test_a_request_that_is_too_long_is_not_read(server: PanelServer) -> None:
    status, _, _ = ask(server, "/set", b"", **{"Content-Length": str(10**9)})
    assert status == 400


@pytest.mark.parametrize("header", [{"Host": "evil.example"}, {"Origin": "http://evil.example"}])
def test_pages_from_elsewhere_cannot_move_the_face(
    server: PanelServer, header: dict[str, str]
) -> None:
    status, _, _ = ask(server, "/set", b'{"controls": {"Jaw Pitch": 0}}', **header)
    assert status == 403
    assert ask(server, "/state", **header)[0] == 403
    np.testing.assert_allclose(server.blend.values, controls.NEUTRAL)


def test_what_is_not_there_is_not_found(server: PanelServer) -> None:
    assert ask(server, "/../setup.py")[0] == 404


def test_it_listens_to_this_machine_only(server: PanelServer) -> None:
    assert server.url == f"http://127.0.0.1:{server.port}/"


def test_a_port_in_use_is_refused(server: PanelServer, live_face: LiveFace) -> None:
    with pytest.raises(PanelError, match=f"cannot serve on port {server.port}: .*in use"):
        PanelServer(live_face, "robot", port=server.port)


def test_without_a_port_another_is_chosen_where_the_usual_one_is_taken(
    live_face: LiveFace,
) -> None:
    first = PanelServer(live_face, "robot")
    second = PanelServer(live_face, "robot")
    first.close()
    second.close()
    assert first.port != second.port


def test_images_end_when_the_face_is_closed(robot: Robot) -> None:
    try:
        face = LiveFace(robot, 32)
    except RenderError as error:
        pytest.skip(str(error))
    images = face.images()
    assert next(images).startswith(b"\xff\xd8")
    face.close()
    assert list(images) == []


def test_a_request_nested_without_end_is_refused(server: PanelServer) -> None:
    status, _, content = ask(server, "/set", b"[" * 60_000)
    assert status == 400
    assert b"nested too deeply" in content


def test_a_request_that_never_comes_holds_nobody_up(server, monkeypatch, wait_until) -> None:
    monkeypatch.setattr(_Handler, "timeout", 0.2)
    with socket.create_connection((HOST, server.port), timeout=20.0) as slow:
        slow.sendall(b"POST /set HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")
        assert ask(server, "/state")[0] == 200
        assert slow.recv(1) == b"", "the server has closed the connection"


def test_connections_beyond_the_limit_are_closed(live_face, monkeypatch, wait_until) -> None:
    # A server of its own: connections of earlier tests may still be ending at the shared one.
    monkeypatch.setattr("x2c_virtual_face.panel.server._MOST_CONNECTIONS", 2)
    server = PanelServer(live_face, "robot", port=_free_port())
    held = [socket.create_connection((HOST, server.port), timeout=20.0) for _ in range(2)]
    try:
        for one in held:
            one.sendall(b"GET /state HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert one.recv(12) == b"HTTP/1.1 200"
        with socket.create_connection((HOST, server.port), timeout=20.0) as more:
            assert more.recv(1) == b""
        for one in held:
            one.close()
        wait_until(lambda: server._server._free._value == 2, what="the connections to end")
        assert ask(server, "/state")[0] == 200
    finally:
        for one in held:
            one.close()
        server.close()
