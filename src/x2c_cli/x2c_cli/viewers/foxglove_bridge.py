# SPDX-License-Identifier: Apache-2.0
"""Topics of the running nodes for Foxglove: a WebSocket server, in the wire format of ROS 2."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import foxglove
from foxglove.websocket import ServerListener, WebSocketServer

from x2c_bags.errors import BagError
from x2c_bags.schema.definitions import definition
from x2c_cli.bus.connection import Bus
from x2c_cli.bus.messages import message_class
from x2c_cli.errors import BusError, ViewerError
from x2c_cli.viewers.foxglove_control import CAPABILITIES, FoxgloveControl
from x2c_datasets.viewer.face_annotations import landmark_annotations

_FACE = "x2c_msgs/msg/FaceLandmarks"
_ANNOTATIONS = "/annotations"
_BACKLOG = 32
"""Messages that wait for a slow client; the oldest is dropped for a new one."""

_DEPTH = 5


@dataclass
class _Forwarded:
    """A topic of the bus that clients can ask for.

    Attributes:
        kind: Type of its messages.
        raw: Whether messages are passed on as they are.
        channel: Channel of the server with its messages.
        end: Ends the subscription; None while no client asks for it.
        last: Last message, for clients that come later, if publishers latch it.
    """

    kind: str
    raw: bool
    channel: Any
    end: Callable[[], object] | None = None
    last: bytes | None = None


class _Listener(ServerListener):
    """Wishes of clients; the server calls it from threads of its own.

    Args:
        control: Gets and sets parameters; None where clients can only read.
    """

    def __init__(self, control: FoxgloveControl | None) -> None:
        self.topics: deque[str] = deque()
        self._control = control

    def on_subscribe(self, client: Any, channel: Any) -> None:
        """Note a topic that a client has just subscribed to."""
        self.topics.append(channel.topic)

    def on_get_parameters(
        self, client: Any, param_names: list[str], request_id: str | None = None
    ) -> list[Any]:
        """Return parameters."""
        return self._control.parameters(param_names) if self._control else []

    def on_set_parameters(
        self, client: Any, parameters: list[Any], request_id: str | None = None
    ) -> list[Any]:
        """Set parameters, and return their values."""
        return self._control.set_parameters(parameters) if self._control else []


class FoxgloveBridge:
    """Offer every topic of the bus to Foxglove; use it in a `with` block.

    A topic is subscribed to only while a client shows it. Messages are passed on as they are, so
    types and names are those of ROS 2. The landmarks of `face` are also there as annotations
    of the image. Clients can only read, unless there is a control.

    Args:
        bus: Bus with the nodes.
        address: Address of this machine to listen on.
        port: Port; 0 for a free one.
        control: Lets clients call services and set parameters.

    Raises:
        ViewerError: The port cannot be had.
    """

    def __init__(
        self, bus: Bus, address: str, port: int, control: FoxgloveControl | None = None
    ) -> None:
        self._bus = bus
        self._context = foxglove.Context()
        self._control = control
        self._listener = _Listener(control)
        self._topics: dict[str, _Forwarded] = {}
        try:
            self._server: WebSocketServer = foxglove.start_server(
                name="x2c",
                host=address,
                port=port,
                context=self._context,
                server_listener=self._listener,
                capabilities=CAPABILITIES if control else [],
                supported_encodings=["cdr"] if control else [],
                message_backlog_size=_BACKLOG,
            )
        except (RuntimeError, OSError, ValueError, OverflowError) as error:
            raise ViewerError(
                f"cannot serve Foxglove on {address}, port {port}: {error}; choose another port"
            ) from error
        host = f"[{address}]" if ":" in address else address
        self.url = f"ws://{host}:{self._server.port}"

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """Close the server."""
        for one in self._topics.values():
            self._rest(one)
        self._server.stop()

    @property
    def watched(self) -> bool:
        """True while a client shows a topic."""
        return any(one.end is not None for one in self._topics.values())

    @property
    def offered(self) -> dict[str, str]:
        """Types of the topics that clients can ask for, by name."""
        return {name: one.kind for name, one in self._topics.items()}

    def refresh(self) -> None:
        """Look which topics there are."""
        found = self._bus.topics()
        for topic, kind in found.items():
            if topic not in self._topics and self._bus.ends(topic)[0]:
                self._offer(topic, kind)
        if self._control is not None:
            self._control.refresh(self._server)

    def serve(self) -> None:
        """Begin and end subscriptions as clients ask, and pass on what has come."""
        for topic, one in self._topics.items():
            asked = one.channel.has_sinks()
            if asked and one.end is None:
                self._subscribe(topic, one)
            elif not asked and one.end is not None:
                self._rest(one)
        while self._listener.topics:
            self._repeat(self._listener.topics.popleft())
        if self._control is not None:
            self._control.serve()
        if self.watched:
            self._bus.receive()

    def _offer(self, topic: str, kind: str) -> None:
        try:
            message_class(kind)
            text = definition(kind).text
        except (BusError, BagError):
            return
        schema = foxglove.Schema(name=kind, encoding="ros2msg", data=text.encode())
        channel: Any = foxglove.Channel(
            topic, schema=schema, message_encoding="cdr", context=self._context
        )
        self._topics[topic] = _Forwarded(kind, True, channel)
        if kind == _FACE:
            drawn = foxglove.channels.ImageAnnotationsChannel(
                f"{topic}{_ANNOTATIONS}", context=self._context
            )
            self._topics[f"{topic}{_ANNOTATIONS}"] = _Forwarded(kind, False, drawn)

    def _subscribe(self, topic: str, one: _Forwarded) -> None:
        kind = message_class(one.kind)
        name = topic if one.raw else topic.removesuffix(_ANNOTATIONS)

        def take(message: Any) -> None:
            if one.raw:
                one.last = bytes(message)
                one.channel.log(one.last, log_time=time.time_ns())
            else:
                one.channel.log(landmark_annotations(message), log_time=time.time_ns())

        one.end = self._bus.subscribe(kind, name, take, depth=_DEPTH, raw=one.raw)

    def _repeat(self, topic: str) -> None:
        """Send the last message to a client that came later, where it may be a latched one."""
        one = self._topics.get(topic)
        if one is not None and one.last is not None:
            one.channel.log(one.last, log_time=time.time_ns())

    @staticmethod
    def _rest(one: _Forwarded) -> None:
        if one.end is not None:
            one.end()
            one.end = None
            one.last = None
