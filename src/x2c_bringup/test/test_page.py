# SPDX-License-Identifier: Apache-2.0
"""The live page without nodes: who may use it, what is sent, and what browsers may ask for."""

import json
import struct

import pytest

from x2c_bringup.errors import PageError
from x2c_bringup.page.access import Access
from x2c_bringup.page.description import description
from x2c_bringup.page.frame_pairing import FramePairing
from x2c_bringup.page.listening import listen
from x2c_bringup.page.newest import Blob, Newest, encode
from x2c_bringup.page.sliders import Sliders
from x2c_bringup.page.wishes import BrowserState, SliderMove, Wish, WishList, parse
from x2c_core.control_space import controls
from x2c_core.control_space.blend import EXPRESSION_NAMES
from x2c_core.errors import ControlError

OTHER = "192.0.2.7"


@pytest.mark.parametrize(
    ("address", "token", "reason"),
    [
        (OTHER, "", "needs a token"),
        ("127.0.0.1", "", "needs a token"),
        ("127.0.0.1", "a&b", "needs a token"),
        ("0.0.0.0", "secret", "all networks"),
        ("::", "secret", "all networks"),
        ("::ffff:0.0.0.0", "secret", "all networks"),
        ("robot.example", "secret", "expected the IP address"),
    ],
)
def test_a_page_needs_one_address_and_a_token(address, token, reason):
    with pytest.raises(PageError, match=reason):
        Access(address, token)


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("127.0.0.1:8766", True),
        ("localhost:8766", True),
        ("[::1]:8766", True),
        ("evil.example", False),
        ("127.0.0.1.evil.example:8766", False),
        (f"{OTHER}:8766", False),
        ("[", False),
        ("", False),
    ],
)
def test_the_loopback_page_answers_to_its_own_names(host, known):
    assert Access().knows_host(host) is known


def test_an_opened_page_answers_to_its_address_only():
    access = Access(OTHER, "secret")
    assert access.knows_host(f"{OTHER}:8766")
    assert not access.knows_host("localhost:8766")
    assert Access("FD00::A", "secret").knows_host("[fd00::a]:8766")
    assert access.knows_token("secret")
    assert not access.knows_token("")
    assert not access.knows_token("sécret")


def test_each_page_has_a_token_of_its_own():
    first, second = Access(), Access()
    assert first.knows_token(first.token)
    assert not first.knows_token(second.token)
    assert not first.knows_token("")


@pytest.mark.parametrize(
    ("origin", "known"),
    [
        ("http://localhost:8766", True),
        ("http://localhost:9000", False),
        ("http://127.0.0.1:8766", False),
        ("http://evil.example", False),
        ("null", False),
        ("http://[", False),
        (None, False),
    ],
)
def test_only_the_page_itself_may_act(origin, known):
    assert Access().knows_origin(origin, "localhost:8766") is known


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ('{"do": "stop"}', Wish("stop")),
        ('{"do": "calibrate"}', Wish("calibrate")),
        (
            '{"do": "set", "node": "actuation_node", "parameter": "gain_brow", "value": 1.5}',
            Wish("set", "actuation_node", "gain_brow", 1.5),
        ),
        ('{"do": "style", "name": "subtle"}', Wish("style", value="subtle")),
        ('{"ready": true}', BrowserState(ready=True)),
        ('{"looking": false}', BrowserState(looking=False)),
    ],
)
def test_messages_of_the_page_are_understood(text, content):
    assert parse(text) == content


@pytest.mark.parametrize(
    "text",
    [
        "",
        "garbage",
        b"\xff\xfe",
        "[1]",
        "[" * 2000,
        '{"do": "rm"}',
        '{"do": ["stop"]}',
        '{"do": "set", "node": 1, "parameter": "gain_brow", "value": 1}',
        '{"do": "set", "node": "a", "parameter": "b", "value": NaN}',
        '{"do": "set", "node": "a", "parameter": "b", "value": null}',
        f'{{"do": "set", "node": "a", "parameter": "b", "value": {"9" * 400}}}',
        '{"do": "style", "name": ["subtle"]}',
        '{"red": true}',
    ],
)
def test_other_messages_are_refused(text):
    with pytest.raises(PageError):
        parse(text)


def test_a_slider_leaves_its_last_value_only():
    wishes = WishList()
    for value in range(1000):
        wishes.add(Wish("set", "actuation_node", "gain_brow", float(value)))
    wishes.add(Wish("enable"))
    assert wishes.take() == Wish("set", "actuation_node", "gain_brow", 999.0)
    assert wishes.take() == Wish("enable")
    assert wishes.take() is None


@pytest.mark.parametrize(
    "wishes",
    [
        [Wish("disable"), Wish("enable"), Wish("disable")],
        [
            Wish("set", "a", "gain", 1.0),
            Wish("style", value="calm"),
            Wish("set", "a", "gain", 2.0),
        ],
    ],
)
def test_what_is_wished_last_is_done_last(wishes):
    waiting = WishList()
    for wish in wishes:
        waiting.add(wish)
    assert [waiting.take() for _ in range(3)] == [*wishes[1:], None]


def test_wishes_do_not_pile_up():
    wishes = WishList()
    for number in range(64):
        wishes.add(Wish("set", "node", f"parameter_{number}", 1.0))
    with pytest.raises(PageError, match="too many"):
        wishes.add(Wish("enable"))
    wishes.add(Wish("set", "node", "parameter_0", 2.0))


def test_only_the_newest_is_kept_and_equal_news_is_none():
    calls = []
    newest = Newest(lambda: calls.append(1))
    newest.put("values", [1.0])
    newest.put("values", [1.0])
    assert len(calls) == 1
    for number in range(100):
        newest.put("camera", Blob(bytes([number]), {}))
    seen, parts = newest.since(0)
    assert parts == {"values": [1.0], "camera": Blob(bytes([99]), {})}
    assert newest.since(seen) == (seen, {})
    newest.put("values", [2.0])
    assert newest.since(seen)[1] == {"values": [2.0]}


def test_a_message_is_json_with_the_bytes_behind_it():
    message = encode({"values": [0.5], "camera": Blob(b"jpeg", {"face": None})})
    (length,) = struct.unpack("<I", message[:4])
    assert json.loads(message[4 : 4 + length]) == {
        "parts": {"values": [0.5], "camera": {"face": None}},
        "blobs": [["camera", 4]],
    }
    assert message[4 + length :] == b"jpeg"


def test_no_number_is_sent_that_json_does_not_have():
    with pytest.raises(ValueError, match="JSON"):
        encode({"values": [float("nan")]})


def test_images_meet_the_landmarks_of_their_stamp_whichever_comes_first():
    pairing = FramePairing()
    assert pairing.face(1, "one") == []
    assert pairing.image(1, b"1") == [(b"1", "one")]
    assert pairing.image(2, b"2") == []
    assert pairing.face(2, "two") == [(b"2", "two")]
    assert pairing.image(3, b"3") == []
    assert pairing.image(4, b"4") == [(b"3", None)]


def test_images_do_not_wait_for_landmarks_that_never_come():
    pairing = FramePairing()
    shown = [one for stamp in range(40) for one in pairing.image(stamp, bytes([stamp]))]
    assert shown == [(bytes([stamp]), None) for stamp in range(40)]
    pairing.face(100, "face")
    shown = [one for stamp in range(101, 141) for one in pairing.image(stamp, b"")]
    assert len(shown) == 40


def test_the_page_has_a_bar_for_every_control():
    found = [
        control["name"]
        for section in description()["sections"]
        for row in section["rows"]
        for control in row["controls"]
    ]
    assert sorted(found) == sorted(controls.NAMES)
    assert description()["expressions"] == EXPRESSION_NAMES


def test_a_port_that_is_taken_is_named():
    with listen(Access(), 0) as taken, pytest.raises(PageError, match="choose another port"):
        listen(Access(), taken.getsockname()[1])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"do": "move", "controls": 3}', "expected values by name"),
        ('{"do": "move", "controls": {"Jaw Pitch": "wide"}}', "expected a number"),
        ('{"do": "move", "controls": {"Jaw Pitch": true}}', "expected a number"),
        ('{"do": "move", "controls": {"Jaw Pitch": NaN}}', "finite"),
        ('{"do": "move", "expressions": {"smile": 1e999}}', "finite"),
        ('{"do": "move", "speed": 1}', "unknown entries: speed"),
    ],
)
def test_sliders_ask_for_numbers_by_name(text, reason):
    with pytest.raises(PageError, match=reason):
        parse(text)


def test_sliders_are_shared_and_ask_only_for_what_was_moved():
    newest, layers = Newest(), []
    sliders = Sliders(newest, layers.append)
    sliders.move(parse('{"do": "move", "controls": {"Jaw Pitch": 0.3}}'))
    jaw = controls.index("Jaw Pitch")
    assert newest.get("sliders")["held"] == {jaw: 0.3}
    assert layers[-1].mask.sum() == 1.0
    with pytest.raises(ControlError, match="unknown expression 'smirk'"):
        sliders.move(SliderMove({"Head Yaw": 0.1}, {"smirk": 1.0}))
    assert newest.get("sliders")["held"] == {jaw: 0.3}
    sliders.let_go()
    assert newest.get("sliders")["held"] == {}
    assert layers[-1].empty
