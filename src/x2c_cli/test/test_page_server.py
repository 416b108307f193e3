# SPDX-License-Identifier: Apache-2.0
"""The live page's server as web browsers see it; the nodes are replaced by a list."""

import asyncio
import json
import struct
import threading
import urllib.error
import urllib.request
from dataclasses import dataclass, field

import cv2
import numpy as np
import pytest
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import websocket_connect

from x2c_cli.errors import PageError
from x2c_cli.page.access import Access
from x2c_cli.page.description import description
from x2c_cli.page.listening import address_of, listen
from x2c_cli.page.newest import Blob, Newest
from x2c_cli.page.server import PageServices, serve
from x2c_cli.page.wishes import SliderMove, Wish
from x2c_core.control_space import controls

PATIENCE = 60.0


@dataclass
class Nodes:
    """What the page asks of the nodes, in a list."""

    asked: list = field(default_factory=list)
    watched: bool = False
    refusal: str = ""

    def stop(self):
        self.asked.append(Wish("stop"))

    def do(self, wish):
        if self.refusal:
            raise PageError(self.refusal)
        self.asked.append(wish)

    def move(self, move):
        self.asked.append(move)

    def watch(self, wanted):
        self.watched = wanted


class Served:
    """A page that is served by a thread."""

    def __init__(self, access):
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

    def _is_over(self, absence):
        self.absence = absence
        return self._ended.is_set()

    def close(self):
        self._ended.set()
        self._thread.join(PATIENCE)

    def get(self, path="", method="GET", **headers):
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

    def talk(self, conversation, **headers):
        """Run a conversation over a WebSocket and return what it returns."""

        async def run():
            connection = await websocket_connect(self.request(**headers))
            try:
                return await asyncio.wait_for(conversation(connection), PATIENCE)
            finally:
                connection.close()

        return asyncio.run(run())

    def request(self, **headers):
        """Return the request for a WebSocket."""
        own = {"Origin": self.address.rstrip("/"), "Cookie": self.cookie}
        address = f"{self.address.replace('http', 'ws')}live"
        return HTTPRequest(address, headers={**own, **headers})


@pytest.fixture
def served():
    made = Served(Access())
    yield made
    made.close()


def parts(message):
    (length,) = struct.unpack("<I", message[:4])
    return json.loads(message[4 : 4 + length])["parts"]


@pytest.mark.parametrize(
    ("path", "kind", "part"),
    [
        ("", "text/html", b"EMERGENCY STOP"),
        ("page.css", "text/css", b"body"),
        ("page.js", "text/javascript", b"WebSocket"),
        ("drawing.js", "text/javascript", b"export"),
        ("settings.js", "text/javascript", b"export"),
        ("sliders.js", "text/javascript", b"export"),
    ],
)
def test_the_page_is_served_and_never_in_a_frame(served, path, kind, part):
    status, headers, content = served.get(path)
    assert status == 200
    assert headers["Content-Type"].startswith(kind)
    assert part in content
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Frame-Options"] == "DENY"


def test_foreign_hosts_and_unknown_paths_are_refused(served):
    assert served.get(Host="evil.example")[0] == 403
    assert served.get("live", Host="evil.example")[0] in (400, 403)
    assert served.get("../errors.py")[0] == 404
    assert served.get("stop")[0] == 405


@pytest.mark.parametrize("origin", ["http://evil.example", "null", ""])
def test_foreign_pages_can_neither_see_nor_stop(served, origin):
    assert served.get("stop", "POST", **({"Origin": origin} if origin else {}))[0] == 403

    async def read(connection):
        return await connection.read_message()

    with pytest.raises(HTTPClientError, match="403"):
        served.talk(read, Origin=origin or "http://localhost:1")
    assert served.nodes.asked == []


def test_the_stop_is_asserted_by_the_connection_and_without_it(served, wait_until):
    async def stop(connection):
        await connection.write_message('{"do": "stop"}')
        while not served.nodes.asked:
            await asyncio.sleep(0.01)

    served.talk(stop)
    status, _, _ = served.get("stop", "POST", Origin=served.address.rstrip("/"))
    assert status == 200
    assert served.nodes.asked == [Wish("stop")] * 2


def test_a_browser_that_has_not_drawn_gets_nothing_more_then_the_newest(served):
    served.newest.put("values", [0.0])

    async def converse(connection):
        first = parts(await connection.read_message())
        for number in range(1, 200):
            served.newest.put("values", [float(number)])
        await connection.write_message('{"ready": true}')
        second = parts(await connection.read_message())
        return first, second

    assert served.talk(converse) == ({"values": [0.0]}, {"values": [199.0]})


def test_a_hidden_page_gets_nothing_and_lets_the_nodes_rest(served, wait_until):
    served.newest.put("values", [0.0])

    async def converse(connection):
        await connection.read_message()
        assert served.nodes.watched
        await connection.write_message('{"looking": false, "ready": true}')
        while served.nodes.watched:
            await asyncio.sleep(0.01)
        served.newest.put("values", [1.0])
        await connection.write_message('{"looking": true}')
        return parts(await connection.read_message())

    assert served.talk(converse) == {"values": [1.0]}
    wait_until(lambda: not served.nodes.watched, what="a browser that is gone")
    # After a while the program of the page may rest.
    wait_until(lambda: served.absence > 0.0, what="its absence")


def test_a_page_that_hangs_lets_the_nodes_rest_until_it_draws_again(served, monkeypatch):
    monkeypatch.setattr("x2c_cli.page.server._STALLED", 0.3)
    served.newest.put("values", [0.0])

    async def converse(connection):
        await connection.read_message()
        while served.nodes.watched:
            await asyncio.sleep(0.01)
        await connection.write_message('{"ready": true}')
        while not served.nodes.watched:
            await asyncio.sleep(0.01)

    served.talk(converse)


def test_garbage_and_refusals_are_answered_and_end_nothing(served):
    served.nodes.refusal = "a recording runs already"

    async def converse(connection):
        answers = []
        for message in ("garbage", b"\xff\x00", '{"do": "record"}'):
            await connection.write_message(message, binary=isinstance(message, bytes))
            answers.append(json.loads(await connection.read_message())["error"])
        await connection.write_message('{"do": "stop"}')
        while not served.nodes.asked:
            await asyncio.sleep(0.01)
        return answers

    assert served.talk(converse)[2] == "a recording runs already"


def test_a_message_that_is_too_long_ends_its_own_connection_only(served):
    async def converse(connection):
        await connection.write_message("x" * 100_000)
        return await connection.read_message()

    assert served.talk(converse) is None
    assert served.get("")[0] == 200


def test_there_is_an_end_to_browsers(served):
    async def open_many(first):
        others = [await websocket_connect(served.request()) for _ in range(16)]
        try:
            return await others[-1].read_message(), others[-1].close_code
        finally:
            for one in others:
                one.close()

    assert served.talk(open_many) == (None, 1013)


def test_the_page_wants_its_token_and_keeps_it_as_a_cookie(served):
    nothing = {"Cookie": "x2c_page_1=wrong"}
    for path in ("", "?token=wrong", "page.js"):
        status, _, text = served.get(path, **nothing)
        assert (status, b"address that the program has printed" in text) == (401, True)
    origin = {"Origin": served.address.rstrip("/")}
    assert served.get("stop", "POST", **origin, **nothing)[0] == 401
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    for address in (served.url, served.address):
        with opener.open(address, timeout=PATIENCE) as answer:
            assert answer.status == 200

    async def read(connection):
        return True

    with pytest.raises(HTTPClientError, match="401"):
        served.talk(read, **nothing)
    assert served.nodes.asked == []


DRAG = """(() => {
    const slider = document.querySelector('input[aria-label="Jaw Pitch"]');
    slider.value = 0.5;
    slider.dispatchEvent(new Event("input"));
})()"""

TAKE = """document.querySelector('input[aria-label="Jaw Pitch"]').dispatchEvent(
    new PointerEvent("pointerdown"))"""
MOVE = SliderMove({"Jaw Pitch": 0.5}, together=True)


@pytest.mark.slow
def test_a_browser_shows_all_and_stops_by_the_space_bar(served, browser, wait_until):
    values = controls.NEUTRAL.copy()
    jaw = controls.index("Jaw Pitch")
    values[jaw] = 0.25
    jpeg = cv2.imencode(".jpg", np.full((48, 64, 3), 200, np.uint8))[1].tobytes()
    served.newest.put("description", description())
    served.newest.put("values", {"values": values.tolist(), "state": "tracking"})
    face = {"width": 64, "height": 48, "points": [320, 240] * 478}
    served.newest.put("camera", Blob(jpeg, {"face": face}))
    served.newest.put("missing", ["<b>No image</b> of the robot."])
    served.newest.put("settings", [setting(1.0)])
    page = browser.open(served.url, width=390, height=844)
    wait_until(lambda: page.evaluate("document.getElementById('camera-missing').hidden"))
    assert page.evaluate("document.getElementById('camera').width") == 64
    assert not page.evaluate("document.getElementById('robot-missing').hidden")
    outputs = "[...document.querySelectorAll('.bar output')].map((one) => one.value)"
    assert sorted(page.evaluate(outputs)) == sorted(f"{value:.2f}" for value in values)
    assert page.text("missing") == "<b>No image</b> of the robot."
    assert page.evaluate("location.search") == ""
    # Nothing is wider than a phone.
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    # Sliders are there when they are wanted; all browsers see where they are.
    assert not page.evaluate("document.querySelector('.track input').offsetWidth")
    page.evaluate("document.getElementById('by-hand').click()")
    page.evaluate(DRAG)
    served.newest.put("sliders", {"held": {jaw: 0.5}, "expressions": {}})
    wait_until(lambda: MOVE in served.nodes.asked)
    wait_until(lambda: page.evaluate("document.querySelectorAll('.track .held').length") == 1)
    served.newest.put("mixer", {"regions": {"mouth": "speech"}, "live": [], "additive": []})
    wait_until(lambda: "mouthspeech" in page.text("mixer"), what="the source of the mouth")
    page.evaluate("document.querySelector('.setting input').focus()")
    page.press(" ", "Space")
    wait_until(lambda: Wish("stop") in served.nodes.asked, what="the stop")
    served.newest.put("stop", {"asserted": True, "stopped": [], "others": ["/actuation_node"]})
    wait_until(lambda: "NOT CONFIRMED" in page.text("stop-said"), what="an unconfirmed stop")
    served.newest.put("stop", {"asserted": True, "stopped": ["/actuation_node"], "others": []})
    wait_until(lambda: "confirmed by actuation_node" in page.text("stop-said"))
    # A slider that is still in hand asks for nothing more.
    page.evaluate(TAKE)
    page.evaluate(DRAG)
    wait_until(lambda: served.nodes.asked.count(MOVE) == 2, what="a slider in hand")
    page.press("Escape", "Escape")
    wait_until(lambda: served.nodes.asked.count(Wish("stop")) == 2, what="the second stop")
    page.evaluate(DRAG)
    page.press("Escape", "Escape")
    wait_until(lambda: served.nodes.asked.count(Wish("stop")) == 3, what="the third stop")
    assert served.nodes.asked.count(MOVE) == 2
    served.newest.put("settings", [setting(2.0)])
    wait_until(lambda: page.evaluate("document.querySelector('.setting output').value") == "2.00")


CLICK = """[...document.querySelectorAll("button")].find(
    (one) => one.textContent === "{}").click()"""


@pytest.mark.slow
def test_people_and_styles_are_chosen_in_a_browser(served, browser, wait_until):
    served.newest.put("description", description())
    page = browser.open(served.url, width=390, height=844)
    wait_until(lambda: page.evaluate("!document.getElementById('people').offsetHeight"))
    served.newest.put("styles", {"names": ["subtle", "natural"], "chosen": "natural"})
    served.newest.put("people", {"names": ["<b>Ada"], "chosen": ""})
    pressed = "document.querySelector('#styles [aria-pressed=true]')?.textContent"
    wait_until(lambda: page.evaluate(pressed) == "natural", what="the style")
    wait_until(lambda: page.evaluate("document.querySelectorAll('#saved option').length") == 2)
    page.evaluate(CLICK.format("subtle"))
    wait_until(lambda: Wish("style", value="subtle") in served.nodes.asked)
    page.evaluate("""(() => {
        const saved = document.getElementById("saved");
        saved.value = "<b>Ada";
        saved.dispatchEvent(new Event("change"));
    })()""")
    wait_until(lambda: person("<b>Ada") in served.nodes.asked, what="her choice")
    # A saved face is not overwritten by a slip, and a name is that of a file.
    for name in ("<b>Ada", "../Bert", "Bert"):
        page.evaluate(f"document.getElementById('new-name').value = {json.dumps(name)}")
        page.evaluate(CLICK.format("Save"))
    wait_until(lambda: person("Bert") in served.nodes.asked, what="a new name")
    assert person("../Bert") not in served.nodes.asked
    assert served.nodes.asked.count(person("<b>Ada")) == 1
    # While one types, the space bar stops, too.
    page.evaluate("document.getElementById('new-name').focus()")
    page.press(" ", "Space")
    wait_until(lambda: Wish("stop") in served.nodes.asked, what="the stop")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def person(name):
    return Wish("set", "face_tracker_node", "person", name)


@pytest.mark.slow
def test_a_page_of_another_version_is_loaded_again(served, browser, wait_until):
    served.newest.put("description", {**description(), "version": "one"})
    page = browser.open(served.url, width=390, height=844)
    wait_until(lambda: page.evaluate("document.querySelectorAll('.bar').length") == 30)
    page.evaluate("window.old = true")
    served.newest.put("description", {**description(), "version": "two"})
    wait_until(lambda: not page.evaluate("Boolean(window.old)"), what="a new page")
    wait_until(lambda: page.evaluate("document.querySelectorAll('.bar').length") == 30)


def test_two_browsers_see_the_same_and_one_that_leaves_takes_nothing_along(served, wait_until):
    served.newest.put("values", [0.0])

    async def converse(first):
        second = await websocket_connect(served.request())
        assert parts(await first.read_message()) == parts(await second.read_message())
        await second.write_message('{"do": "move", "controls": {"Jaw Pitch": 0.5}}')
        while not served.nodes.asked:
            await asyncio.sleep(0.01)
        second.close()
        served.newest.put("values", [1.0])
        await first.write_message('{"ready": true}')
        return parts(await first.read_message())

    assert served.talk(converse) == {"values": [1.0]}
    assert served.nodes.asked == [SliderMove({"Jaw Pitch": 0.5})]


def setting(value):
    return {
        "node": "actuation_node",
        "parameter": "gain_brow",
        "label": "Gain: brow",
        "value": value,
        "minimum": 0.0,
        "maximum": 3.0,
    }
