# SPDX-License-Identifier: Apache-2.0
"""The socket of puppeteers: one sender, a bounded number of packets, nothing that ends it."""

import socket

import pytest

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
def receiver(clock, free_port):
    made = PuppetReceiver(FORMATS["live_link_face"], "127.0.0.1", free_port, 1.0, clock)
    yield made
    made.close()


@pytest.fixture
def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


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


def test_an_address_of_another_machine_is_refused():
    with pytest.raises(ReceiverError, match="expected an address of this machine"):
        PuppetReceiver(FORMATS["vmc"], "192.0.2.1", 0, 1.0)


def test_a_port_in_use_is_refused(receiver):
    with pytest.raises(ReceiverError, match="cannot listen at"):
        PuppetReceiver(FORMATS["vmc"], "127.0.0.1", receiver.port, 1.0)
