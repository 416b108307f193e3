# SPDX-License-Identifier: Apache-2.0
"""The live page's server as web browsers see it; the nodes are replaced by a list."""

import asyncio
import json
import struct
import urllib.error
import urllib.request

import pytest
from tornado.httpclient import HTTPClientError
from tornado.websocket import websocket_connect

from x2c_bringup.page.wishes import SliderMove, Wish
from x2c_testing.served_page import PATIENCE


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
    monkeypatch.setattr("x2c_bringup.page.server._STALLED", 0.3)
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
