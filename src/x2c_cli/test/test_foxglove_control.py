# SPDX-License-Identifier: Apache-2.0
"""Services and parameters for Foxglove, as a client that speaks its protocol uses them."""

import asyncio
import concurrent.futures
import json
import struct
import threading

import pytest
from rclpy.parameter import Parameter
from rclpy.serialization import deserialize_message, serialize_message
from std_msgs.msg import Bool
from std_srvs.srv import SetBool, Trigger
from tornado.websocket import websocket_connect

pytest.importorskip("foxglove", reason="make setup EXTRAS=viewers installs it")

from x2c_actuation.actuation_node import ActuationNode
from x2c_cli.bus.connection import Bus
from x2c_cli.bus.emergency_stop import SHARED
from x2c_cli.errors import ViewerError
from x2c_cli.viewers.foxglove_bridge import FoxgloveBridge
from x2c_cli.viewers.foxglove_control import STOP, FoxgloveControl
from x2c_node.qos import LATCHED

PROTOCOL = "foxglove.sdk.v1"
PATIENCE = 60.0
REQUEST, RESPONSE = 2, 3
ENABLE, RESET = "/actuation_node/enable", "/actuation_node/reset"
GAIN = "/actuation_node.gain_brow"


class Client:
    """A client that calls services and sets parameters."""

    def __init__(self, connection):
        self._connection = connection
        self.services = {}
        self.said = []
        self._calls = 0

    async def until(self, name):
        """Wait for a service."""
        while name not in self.services:
            await self._next()

    async def call(self, name, kind, payload, encoding="cdr"):
        """Return the response of a service, or the text of its failure."""
        self._calls += 1
        head = struct.pack("<BIII", REQUEST, self.services[name], self._calls, len(encoding))
        message = head + encoding.encode() + payload
        await self._connection.write_message(message, binary=True)
        while True:
            answer = await self._next()
            if isinstance(answer, dict):
                if answer["op"] == "serviceCallFailure" and answer["callId"] == self._calls:
                    return answer["message"]
                continue
            code, _, call, length = struct.unpack_from("<BIII", answer)
            if (code, call) == (RESPONSE, self._calls):
                return deserialize_message(answer[13 + length :], kind.Response)

    async def until_said(self, words):
        """Wait for words in any message."""
        while not any(words in json.dumps(one) for one in self.said):
            await self._next()

    async def send(self, **message):
        """Send a message without an answer."""
        await self._connection.write_message(json.dumps(message))

    async def ask(self, **message):
        """Return the parameters in the answer to a message."""
        await self.send(**message, id="one")
        while True:
            answer = await self._next()
            if isinstance(answer, dict) and answer.get("id") == "one":
                return {one["name"]: one.get("value") for one in answer["parameters"]}

    async def _next(self):
        message = await self._connection.read_message()
        assert message is not None, "the server has closed the connection"
        if isinstance(message, bytes):
            return message
        said = json.loads(message)
        self.said.append(said)
        if said["op"] == "advertiseServices":
            self.services |= {one["name"]: one["id"] for one in said["services"]}
        return said


@pytest.fixture
def talk(ros):
    """Run a conversation with the server, beside a running actuation node."""
    node = ActuationNode(parameter_overrides=[Parameter("use_joint_states", value=False)])
    ros.add(node)
    node.start()
    ending = threading.Event()
    with Bus() as bus, FoxgloveBridge(bus, "127.0.0.1", 0, FoxgloveControl(bus)) as bridge:

        def run():
            while not ending.wait(0.02):
                bridge.refresh()
                bridge.serve()

        async def converse(work):
            async with asyncio.timeout(PATIENCE):
                connection = await websocket_connect(bridge.url, subprotocols=[PROTOCOL])
                await work(Client(connection), node)
                connection.close()

        thread = threading.Thread(target=run)
        thread.start()
        yield lambda work: asyncio.run(converse(work))
        ending.set()
        thread.join(PATIENCE)


def test_a_client_enables_stops_and_resets(talk):
    async def work(client, node):
        await client.until(ENABLE)
        on = serialize_message(SetBool.Request(data=True))
        assert (await client.call(ENABLE, SetBool, on)).success
        nothing = serialize_message(Trigger.Request())
        stopped = await client.call(STOP, Trigger, nothing)
        assert stopped.success
        assert "confirmed by /actuation_node" in stopped.message
        assert not (await client.call(ENABLE, SetBool, on)).success
        # The reset releases the stop that was asserted from here.
        while not (await client.call(RESET, Trigger, nothing)).success:
            await asyncio.sleep(0.05)
        assert (await client.call(ENABLE, SetBool, on)).success

    talk(work)


def test_the_stop_waits_for_nothing_that_was_asked_before(ros, monkeypatch):
    monkeypatch.setattr("x2c_cli.viewers.foxglove_control._ANSWER", 10 * PATIENCE)
    heard = ros.collect(Bool, SHARED, LATCHED)
    nothing = serialize_message(Trigger.Request())
    with Bus() as bus, FoxgloveBridge(bus, "127.0.0.1", 0, FoxgloveControl(bus)) as bridge:
        # From here on the thread of the bus is busy, as with a node that does not answer.
        bridge.refresh()

        async def work():
            async with asyncio.timeout(PATIENCE):
                connection = await websocket_connect(bridge.url, subprotocols=[PROTOCOL])
                client = Client(connection)
                await client.until(STOP)
                await client.send(op="getParameters", parameterNames=[], id="one")
                wanted = [{"name": GAIN, "value": 2.0}]
                await client.send(op="setParameters", parameters=wanted, id="two")
                call = asyncio.create_task(client.call(STOP, Trigger, nothing))
                while not heard:
                    await asyncio.sleep(0.02)
                while not call.done():
                    bridge.serve()
                    await asyncio.sleep(0.02)
                return await call

        stopped = asyncio.run(work())
    assert heard[0].data
    assert not stopped.success
    assert "NOT CONFIRMED: there is no actuation node" in stopped.message


def test_what_was_asked_before_a_stop_is_dropped_and_what_is_late_is_said(
    ros, monkeypatch, wait_until
):
    monkeypatch.setattr("x2c_cli.viewers.foxglove_control._ANSWER", 0.1)
    nothing = serialize_message(Trigger.Request())
    with Bus() as bus:
        control = FoxgloveControl(bus)
        with pytest.raises(ViewerError, match=r"within 0\.1 s"):
            control._wait(list)
        with concurrent.futures.ThreadPoolExecutor() as pool:
            monkeypatch.setattr("x2c_cli.viewers.foxglove_control._ANSWER", PATIENCE)
            asked = pool.submit(control._wait, list)
            wait_until(lambda: control._jobs.qsize() == 2, what="the request")
            monkeypatch.setattr("x2c_cli.viewers.foxglove_control._ANSWER", 0.1)
            answer = deserialize_message(control._assert_stop(nothing), Trigger.Response)
            with pytest.raises(ViewerError, match="the emergency stop was asserted after it"):
                asked.result(PATIENCE)
    assert not answer.success
    assert "published, NOT CONFIRMED: the nodes do not answer" in answer.message


@pytest.mark.parametrize(
    ("payload", "encoding", "reason"),
    [
        (b"", "cdr", "expected true or false"),
        (b"\x00\x01\x00\x00\x07", "cdr", "expected true or false"),
        (b"{}", "json", ""),
    ],
)
def test_garbage_is_refused_and_the_next_call_served(talk, payload, encoding, reason):
    async def work(client, node):
        await client.until(ENABLE)
        failure = await client.call(ENABLE, SetBool, payload, encoding)
        assert isinstance(failure, str)
        assert reason in failure
        on = serialize_message(SetBool.Request(data=True))
        assert (await client.call(ENABLE, SetBool, on)).success

    talk(work)


def test_parameters_are_read_and_set_and_refusals_said(talk):
    async def work(client, node):
        await client.until(ENABLE)
        there = {}
        # Its services may be discovered before the node is.
        while GAIN not in there:
            there = await client.ask(op="getParameters", parameterNames=[])
        assert there[GAIN] == 1.0
        # Only what the page offers, too.
        assert "/actuation_node.robot" not in there
        await client.send(op="subscribeParameterUpdates", parameterNames=[GAIN])
        # Until the node has taken it, the value is what it was.
        wanted = [{"name": GAIN, "value": 2}]
        assert await client.ask(op="setParameters", parameters=wanted) == {GAIN: 1.0}
        await client.until_said(f'"name": "{GAIN}", "type": "float64", "value": 2.0')
        assert node.params.gain_brow == 2.0
        wanted = [{"name": GAIN, "value": 99.0}, {"name": "/x.autostart", "value": False}]
        assert await client.ask(op="setParameters", parameters=wanted) == {GAIN: 2.0}
        await client.until_said("/x.autostart is not offered")
        await client.until_said("refuses gain_brow = 99.0")
        await client.send(op="setParameters", parameters=[{"name": GAIN, "value": [1.0]}])
        await client.until_said("expected a value, got")
        assert node.params.gain_brow == 2.0

    talk(work)


def test_without_control_a_client_can_change_nothing(ros):
    with Bus() as bus, FoxgloveBridge(bus, "127.0.0.1", 0) as bridge:
        bridge.refresh()

        async def work():
            connection = await websocket_connect(bridge.url, subprotocols=[PROTOCOL])
            said = json.loads(await connection.read_message())
            connection.close()
            return said["capabilities"]

        assert not {"services", "parameters", "clientPublish"} & set(asyncio.run(work()))


def test_control_is_for_this_machine_alone(x2c):
    status, said = x2c("foxglove", "--control", "--listen", "192.0.2.1")
    assert status != 0
    assert "this machine only" in said
