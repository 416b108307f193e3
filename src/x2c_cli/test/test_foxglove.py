# SPDX-License-Identifier: Apache-2.0
"""The server for Foxglove, as a client on a real WebSocket sees it."""

import asyncio
import importlib.util
import json
import struct
import sys
import threading
import time

import numpy as np
import pytest
from rclpy.serialization import deserialize_message
from sensor_msgs.msg import CompressedImage
from std_msgs.msg import Header, String
from tornado.websocket import websocket_connect

foxglove = pytest.importorskip("foxglove", reason="make setup EXTRAS=viewers installs it")

from x2c_cli.bus.connection import Bus  # noqa: E402
from x2c_cli.errors import ViewerError  # noqa: E402
from x2c_cli.viewers.foxglove_bridge import FoxgloveBridge  # noqa: E402
from x2c_cli.viewers.viewer_program import viewer_program  # noqa: E402
from x2c_core.system.optional_modules import how_to_install  # noqa: E402
from x2c_msgs.msg import FaceLandmarks  # noqa: E402
from x2c_node.qos import LATCHED, NEWEST  # noqa: E402

PROTOCOL = "foxglove.sdk.v1"
PATIENCE = 60.0
AGAIN = 2.0
DATA = 1
IMAGE, FACE, TEXT = "/image_raw/compressed", "/face", "/robot_description"


class Client:
    """A client that subscribes to topics and keeps the messages."""

    def __init__(self, connection):
        self._connection = connection
        self.channels = {}
        self._topics = {}
        self._ahead = None
        self.got = {}

    async def until(self, condition):
        """Take what comes until a condition holds."""
        asked = time.monotonic()
        async with asyncio.timeout(PATIENCE):
            coming = self._ahead or asyncio.ensure_future(self._connection.read_message())
            while not condition():
                await asyncio.wait([coming], timeout=0.2)
                if coming.done():
                    self._take(await coming)
                    coming = asyncio.ensure_future(self._connection.read_message())
                if time.monotonic() - asked > AGAIN:
                    asked = time.monotonic()
                    await self._ask()
        self._ahead = coming

    async def subscribe(self, *topics):
        await self.until(lambda: all(topic in self.channels for topic in topics))
        self._topics |= dict(enumerate(topics, 1))
        await self._ask()

    async def _ask(self):
        """Subscribe to what has not come yet.

        The library may announce a channel a moment before it accepts a subscription to it.
        """
        wanted = [
            {"id": number, "channelId": self.channels[topic]["id"]}
            for number, topic in self._topics.items()
            if topic not in self.got
        ]
        if wanted:
            asking = json.dumps({"op": "subscribe", "subscriptions": wanted})
            await self._connection.write_message(asking)

    def _take(self, message):
        assert message is not None, "the server has closed the connection"
        if isinstance(message, str):
            said = json.loads(message)
            if said["op"] == "advertise":
                self.channels |= {one["topic"]: one for one in said["channels"]}
        elif message[0] == DATA:
            (number,) = struct.unpack_from("<I", message, 1)
            self.got.setdefault(self._topics[number], []).append(message[13:])


@pytest.fixture
def bridge(ros):
    """Serve the test's own side of the graph in a thread."""
    ending = threading.Event()
    with Bus() as bus, FoxgloveBridge(bus, "127.0.0.1", 0) as made:

        def run():
            while not ending.wait(0.02):
                made.refresh()
                made.serve()

        thread = threading.Thread(target=run)
        thread.start()
        yield made
        ending.set()
        thread.join(PATIENCE)


@pytest.fixture
def publishing(ros):
    """Publish an image, a face and a latched text, again and again."""
    image = ros.publish(CompressedImage, IMAGE, NEWEST)
    face = ros.publish(FaceLandmarks, FACE, NEWEST)
    text = ros.publish(String, TEXT, LATCHED)
    text.publish(String(data="<robot/>"))
    header = Header(frame_id="eye")
    points = np.arange(1434, dtype=np.float32)

    def publish():
        image.publish(CompressedImage(header=header, format="jpeg", data=b"\xff\xd8\xff"))
        face.publish(FaceLandmarks(header=header, landmarks=points, state=1))

    timer = ros.node.create_timer(0.05, publish)
    yield image
    timer.cancel()


def connected(bridge, work):
    async def talk():
        async with asyncio.timeout(PATIENCE):
            connection = await websocket_connect(bridge.url, subprotocols=[PROTOCOL])
        try:
            await work(Client(connection))
        finally:
            connection.close()

    asyncio.run(talk())


def test_a_client_gets_messages_as_they_are_with_their_types(bridge, publishing, wait_until):
    topics = (IMAGE, FACE, TEXT, f"{FACE}/annotations")

    async def work(client):
        await client.subscribe(*topics)
        await client.until(lambda: client.got.keys() >= set(topics))
        said = client.channels[IMAGE]
        assert said["encoding"] == "cdr"
        assert (said["schemaName"], said["schemaEncoding"]) == (
            "sensor_msgs/msg/CompressedImage",
            "ros2msg",
        )
        assert "MSG: std_msgs/Header" in said["schema"]
        image = deserialize_message(client.got[IMAGE][0], CompressedImage)
        assert (image.format, bytes(image.data)) == ("jpeg", b"\xff\xd8\xff")
        assert deserialize_message(client.got[TEXT][0], String).data == "<robot/>"
        drawn = client.channels[f"{FACE}/annotations"]
        assert drawn["schemaName"] == "foxglove.ImageAnnotations"
        # 478 points of two doubles each.
        assert len(client.got[f"{FACE}/annotations"][0]) > 478 * 16

    connected(bridge, work)
    # Who is gone costs nothing any more.
    wait_until(lambda: not bridge.watched, what="the end of all subscriptions")
    wait_until(lambda: not publishing.get_subscription_count(), what="no subscription")


def test_nothing_is_subscribed_to_that_no_panel_shows(bridge, publishing, wait_until):
    async def work(client):
        await client.subscribe(FACE)
        await client.until(lambda: FACE in client.got)
        assert IMAGE in client.channels
        assert bridge.watched
        assert publishing.get_subscription_count() == 0

    wait_until(lambda: IMAGE in bridge.offered, what="the topics")
    assert not bridge.watched
    connected(bridge, work)


def test_a_later_client_gets_what_was_latched(bridge, publishing):
    async def later(client):
        await client.subscribe(TEXT)
        await client.until(lambda: TEXT in client.got)

    async def first(client):
        await later(client)
        connection = await websocket_connect(bridge.url, subprotocols=[PROTOCOL])
        await later(Client(connection))
        connection.close()

    connected(bridge, first)


def test_a_port_that_is_taken_is_named(bridge):
    port = int(bridge.url.rpartition(":")[2])
    with Bus() as bus, pytest.raises(ViewerError, match=f"port {port}: .*choose another port"):
        FoxgloveBridge(bus, "127.0.0.1", port)


@pytest.mark.parametrize("address", ["nowhere", "203.0.113.1"])
def test_an_address_of_another_machine_is_refused(ros, address):
    with Bus() as bus, pytest.raises(ViewerError, match=f"cannot serve Foxglove on {address}"):
        FoxgloveBridge(bus, address, 0)


@pytest.mark.process
def test_the_program_beside_the_nodes_is_started_and_ended(tmp_path, wait_until):
    words = "import pathlib, sys, time; pathlib.Path(sys.argv[1]).write_text(repr(sys.argv[2:]))"
    said = tmp_path / "words"
    program = [sys.executable, "-c", f"{words}; time.sleep(600)", str(said)]
    with viewer_program(["foxglove", "--port", "1234"], "foxglove", program):
        wait_until(lambda: said.exists() and said.read_text(), what="the program")
    assert said.read_text() == "['foxglove', '--port', '1234']"


def test_without_the_package_the_extra_is_named(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError) as missing, viewer_program(["foxglove"], "foxglove"):
        pass
    assert missing.value.name == "foxglove"
    assert how_to_install("foxglove") in ("make setup EXTRAS=viewers", "pip install foxglove-sdk")
