# SPDX-License-Identifier: Apache-2.0
"""The socket of puppeteers: one sender, a bounded number of packets, nothing that ends it."""

import contextlib
import dataclasses
import re
import socket

import pytest

from x2c_core.ports import free_port
from x2c_sources.blendshapes.formats import FORMATS
from x2c_sources.blendshapes.receiver import PuppetReceiver
from x2c_sources.blendshapes.shapes import INPUTS
from x2c_sources.errors import ReceiverError
from x2c_testing import puppets

JAW = INPUTS.index("jawOpen")


class Clock:
    """Time that a test sets."""

    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def receiver(clock, port):
    made = PuppetReceiver(FORMATS["live_link_face"], "127.0.0.1", port, 1.0, clock)
    yield made
    made.close()


@pytest.fixture
def port():
    return free_port(socket.SOCK_DGRAM)


@pytest.fixture
def send(receiver):
    """Send a packet from an address of this machine: send(packet, "127.0.0.2")."""
    sockets = {}

    def send(packet, source="127.0.0.1"):
        if source not in sockets:
            sockets[source] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sockets[source].bind((source, 0))
        sockets[source].sendto(packet, ("127.0.0.1", receiver.port))

    yield send
    for one in sockets.values():
        one.close()


def test_the_newest_face_counts(receiver, send):
    assert receiver.newest() is None
    assert receiver.is_silent
    for opening in (0.1, 0.2, 0.3):
        send(puppets.live_link_face({"jawOpen": opening}))
    assert receiver.newest()[JAW] == pytest.approx(0.3)
    assert receiver.newest() is None
    assert not receiver.is_silent


def test_malformed_packets_are_counted_and_the_face_goes_on(receiver, send):
    send(b"noise")
    send(puppets.live_link_face({"jawOpen": 0.5}))
    send(b"")
    send(puppets.live_link_face(None))
    assert receiver.newest()[JAW] == 0.5
    assert receiver.counts == {"malformed packets": 2, "packets without a face": 1}
    assert receiver.last_error.startswith("127.0.0.1: ")


def test_a_stranger_neither_steers_nor_takes_over(receiver, send, clock):
    send(puppets.live_link_face({"jawOpen": 0.5}))
    assert receiver.newest() is not None
    for _ in range(10):
        send(puppets.live_link_face({"jawOpen": 1.0}), "127.0.0.2")
    assert receiver.newest() is None
    assert receiver.counts["packets of strangers"] == 10
    clock.now += 1.1
    send(puppets.live_link_face({"jawOpen": 1.0}), "127.0.0.2")
    assert receiver.newest()[JAW] == 1.0
    assert receiver.sender == "127.0.0.2"


def test_a_flood_is_taken_in_bounded_portions(receiver, send):
    for _ in range(200):
        send(puppets.live_link_face({"jawOpen": 1.0}), "127.0.0.1")
        send(b"flood", "127.0.0.2")
    receiver.newest()
    assert sum(receiver.counts.values()) <= 64


PHONE = "127.0.0.3"


@pytest.fixture
def phone(port):
    """A phone that sends faces only to who has asked it: phone.answer(opening)."""

    class Phone:
        asker = None
        requests = 0

        def __init__(self, request):
            self.request = request
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.socket.bind((PHONE, 0))
            self.socket.setblocking(False)
            self.port = self.socket.getsockname()[1]

        def answer(self, opening):
            with contextlib.suppress(BlockingIOError):
                packet, asker = self.socket.recvfrom(1000)
                assert packet == self.request
                self.asker, self.requests = asker, self.requests + 1
            if self.asker is not None:
                self.socket.sendto(puppets.ifacialmocap({"jawOpen": opening}), self.asker)

    made = []

    def make(name):
        made.append(Phone(FORMATS[name].request))
        packets = dataclasses.replace(FORMATS[name], port=made[0].port)
        return made[0], packets

    yield make
    for one in made:
        one.socket.close()


@pytest.mark.parametrize(
    ("name", "request_text"),
    [
        ("ifacialmocap", "iFacialMocap_sahuasouryya9218sauhuiayeta91555dy3719"),
        ("facemotion3d", "FACEMOTION3D_OtherStreaming"),
    ],
)
def test_a_phone_that_waits_for_a_request_is_asked(phone, port, clock, name, request_text):
    asked, packets = phone(name)
    assert packets.request == request_text.encode()
    receiver = PuppetReceiver(packets, "127.0.0.1", port, 0.5, clock, PHONE)
    try:
        for _ in range(5):
            assert receiver.newest() is None
        asked.answer(50)
        assert receiver.newest()[JAW] == pytest.approx(0.5)
        # While it sends it is not asked again; after a silence, as of an app that restarts, it is.
        for opening in range(20):
            clock.now += 0.1
            asked.answer(opening)
            assert receiver.newest() is not None
        assert asked.requests == 1
        asked.asker = None
        for _ in range(30):
            clock.now += 0.1
            receiver.newest()
        asked.answer(70)
        assert receiver.newest()[JAW] == pytest.approx(0.7)
        # Silent for 3 s: from 0.5 s on, once a second.
        assert receiver.requests == {"requests sent": 4}
        assert not receiver.counts
    finally:
        receiver.close()


def test_where_a_phone_is_named_nobody_else_is_heard(port, clock):
    receiver = PuppetReceiver(FORMATS["live_link_face"], "127.0.0.1", port, 0.5, clock, PHONE)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.sendto(puppets.live_link_face({"jawOpen": 1.0}), ("127.0.0.1", port))
        assert receiver.newest() is None
    assert receiver.counts == {"packets of strangers": 1}
    receiver.close()


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("192.0.2.7", "phone: 192.0.2.7 cannot reach 127.0.0.1; set address to"),
        ("no phone", "phone: expected an address such as 192.168.1.7, got 'no phone'"),
    ],
)
def test_a_phone_that_cannot_be_reached_is_refused(given, reason, port, clock):
    with pytest.raises(ReceiverError, match=re.escape(reason)):
        PuppetReceiver(FORMATS["ifacialmocap"], "127.0.0.1", port, 0.5, clock, given)


def test_an_address_of_another_machine_is_refused():
    with pytest.raises(ReceiverError, match="expected an address of this machine"):
        PuppetReceiver(FORMATS["vmc"], "192.0.2.1", 0, 1.0)


def test_a_port_in_use_is_refused(receiver):
    with pytest.raises(ReceiverError, match="cannot listen at"):
        PuppetReceiver(FORMATS["vmc"], "127.0.0.1", receiver.port, 1.0)
