# SPDX-License-Identifier: Apache-2.0
"""Services and parameters of the running nodes for Foxglove."""

from __future__ import annotations

import contextlib
import math
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as NoAnswerError
from functools import partial
from typing import Any

import foxglove
from foxglove.websocket import (
    Capability,
    MessageSchema,
    Parameter,
    ParameterType,
    ServiceRequest,
    ServiceSchema,
    StatusLevel,
    WebSocketServer,
)
from std_msgs.msg import Bool
from std_srvs.srv import SetBool, Trigger

from x2c_cli.bus.connection import Bus
from x2c_cli.bus.emergency_stop import SHARED, is_stopped
from x2c_cli.bus.finding import SET_BOOL, TRIGGER, actuations
from x2c_cli.bus.live.live_settings import SETTINGS
from x2c_cli.bus.messages import serialized
from x2c_cli.bus.parameters import describe, set_parameter
from x2c_cli.bus.robot_choice import namespace_of
from x2c_cli.errors import BusError, ViewerError
from x2c_msgs.msg import ActuationState

CAPABILITIES = [Capability.Services, Capability.Parameters]
STOP = "/emergency_stop"
"""Service that asserts the emergency stop of all robots."""

_RESET = "/reset"
_OFFERED = {
    TRIGGER: ("/calibrate_neutral", "/next_person", "/list_people", "/neutral", _RESET),
    SET_BOOL: ("/enable",),
}
"""Ends of the names of the services that are offered, by their types."""

_REQUESTS = {TRIGGER: "", SET_BOOL: "bool data"}
_RESPONSE = "bool success\nstring message"
_CDR = "cdr"
_HEADER = 4
"""Length of the header of a message in CDR [byte]."""

_ANSWER = 15.0
"""Time limit for an answer of a node [s]."""

_CONFIRMED = 2.0
"""Time in which actuation has to say that it is stopped [s]."""

_MOST_REFUSALS = 16
_SETTINGS = 5.0
"""Time after which parameters are read again, as others may have set them [s]."""


class FoxgloveControl:
    """Let clients of the server call services and set parameters.

    What clients ask for is done in the thread of the bus, one after another; only the emergency
    stop is published at once, and what was asked for before is then dropped. The server takes a
    client's next message when a parameter's callback has returned, so those wait for no node.

    Args:
        bus: The bus.
    """

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._stops = {SHARED: bus.publisher(Bool, SHARED)}
        self._asserted = False
        self._lock = threading.Lock()
        self._jobs: queue.SimpleQueue[tuple[Callable[[], Any], Future[Any]]] = queue.SimpleQueue()
        self._services: set[str] = set()
        self._nodes: set[str] = set()
        self._parameters: dict[str, Parameter] = {}
        self._wanted: dict[str, Parameter] = {}
        self._refusals: deque[str] = deque(maxlen=_MOST_REFUSALS)
        self._looked = -math.inf
        self._server: WebSocketServer | None = None

    def refresh(self, server: WebSocketServer) -> None:
        """Offer the services and parameters that there are, and find the robots to stop."""
        for name in actuations(self._bus):
            self._add_stop(f"{namespace_of(name)}{SHARED}")
        if self._server is None:
            self._server = server
            server.add_services([_service(STOP, TRIGGER, self._assert_stop)])
        found = {
            name: kind
            for kind, ends in _OFFERED.items()
            for name in self._bus.services(kind)
            if name.endswith(ends)
        }
        if gone := self._services - found.keys():
            server.remove_services(sorted(gone))
        server.add_services(
            [
                _service(name, kind, partial(self._handle, name, kind))
                for name, kind in found.items()
                if name not in self._services
            ]
        )
        self._services = set(found)
        nodes = {name for name in self._bus.nodes() if _labels(name)}
        if nodes != self._nodes or time.monotonic() - self._looked > _SETTINGS:
            self._nodes = nodes
            self._read()

    def serve(self) -> None:
        """Do what clients have asked for."""
        with self._lock:
            wanted, self._wanted = self._wanted, {}
        if wanted:
            self._write(wanted.values())
        while self._refusals and self._server is not None:
            self._server.publish_status(self._refusals.popleft(), StatusLevel.Error)
        while not self._jobs.empty():
            work, future = self._jobs.get()
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(work())
            except Exception as error:
                # The client is told.
                future.set_exception(error)

    def parameters(self, names: Sequence[str]) -> list[Parameter]:
        """Return parameters by name, NODE.PARAMETER; without names all that are offered.

        The values are those of the last look at the nodes.
        """
        return [one for name, one in self._parameters.items() if not names or name in names]

    def set_parameters(self, wanted: Sequence[Parameter]) -> list[Parameter]:
        """Have parameters set, and return the values that they still have.

        Clients are told of the new values and of refusals afterwards.
        """
        for one in wanted:
            if one.name in self._parameters:
                with self._lock:
                    # Of a slider that is moved fast, only the last value matters.
                    self._wanted[one.name] = one
            else:
                self._refusals.append(f"{one.name:.80} is not offered; see 'x2c set'")
        return self.parameters([one.name for one in wanted])

    def _wait(self, work: Callable[[], Any]) -> Any:
        """Have something done by the thread of the bus; return its result.

        Raises:
            ViewerError: It was not begun in time, or an emergency stop came; it never will be.
        """
        future: Future[Any] = Future()
        self._jobs.put((work, future))
        try:
            return future.result(_ANSWER)
        except CancelledError:
            raise ViewerError("dropped, as the emergency stop was asserted after it") from None
        except NoAnswerError:
            future.cancel()
            raise ViewerError(f"the nodes do not answer within {_ANSWER:g} s") from None

    def _add_stop(self, topic: str) -> None:
        with self._lock:
            if topic not in self._stops:
                self._stops[topic] = self._bus.publisher(Bool, topic)
                if self._asserted:
                    self._stops[topic].publish(Bool(data=True))

    def _publish_stop(self, asserted: bool) -> None:
        with self._lock:
            self._asserted = asserted
            for publisher in self._stops.values():
                publisher.publish(Bool(data=asserted))

    def _assert_stop(self, request: ServiceRequest) -> bytes:
        self._publish_stop(True)
        with self._lock:
            self._wanted.clear()
        with contextlib.suppress(queue.Empty):
            while True:
                self._jobs.get_nowait()[1].cancel()
        stopped: list[str] = []
        try:
            stopped, others = self._wait(self._confirm)
            doubt = f" by {', '.join(others)}" if others else ""
            if not others and not stopped:
                doubt = ": there is no actuation node"
        except ViewerError as error:
            doubt = f": {error}"
        message = f"stopped, confirmed by {', '.join(stopped)}"
        if doubt:
            message = f"published, NOT CONFIRMED{doubt}; cut the motors' power"
        return serialized(Trigger.Response(success=not doubt, message=message))

    def _confirm(self) -> tuple[list[str], list[str]]:
        """Return the actuation nodes that say that they are stopped, and the others."""
        states: dict[str, ActuationState] = {}
        names = actuations(self._bus)

        def stopped() -> list[str]:
            return [name for name in names if name in states and is_stopped(states[name])]

        ends = [
            self._bus.subscribe(ActuationState, f"{name}/state", partial(states.__setitem__, name))
            for name in names
        ]
        self._bus.wait(lambda: len(stopped()) == len(names), _CONFIRMED)
        for end in ends:
            end()
        return stopped(), [name for name in names if name not in stopped()]

    def _handle(self, name: str, kind: str, request: ServiceRequest) -> bytes:
        if request.encoding != _CDR:
            raise ViewerError(f"expected a request in {_CDR}, got {request.encoding!r:.40}")
        if kind == TRIGGER:
            return serialized(self._wait(partial(self._call, name, Trigger, Trigger.Request())))
        content = bytes(request.payload)[_HEADER:]
        if content[:1] not in (b"\x00", b"\x01"):
            raise ViewerError("expected true or false as data")
        wanted = SetBool.Request(data=content[0] == 1)
        return serialized(self._wait(partial(self._call, name, SetBool, wanted)))

    def _call(self, name: str, kind: type, request: Any) -> Any:
        if name.endswith(_RESET):
            # The node refuses while the stop is asserted from here.
            self._publish_stop(False)
        return self._bus.call(kind, name, request)

    def _read(self) -> None:
        """Look at the parameters, and show their values to clients."""
        found: dict[str, Parameter] = {}
        for node in self._nodes:
            # One that is just ending; the others are offered as before.
            with contextlib.suppress(BusError):
                for descriptor, value in describe(self._bus, node, tuple(_labels(node))):
                    kind = ParameterType.Float64 if isinstance(value, float) else None
                    name = f"{node}.{descriptor.name}"
                    found[name] = Parameter(name, value=value, type=kind)
        self._parameters, self._looked = found, time.monotonic()
        if self._server is not None:
            self._server.publish_parameter_values(list(found.values()))

    def _write(self, wanted: Iterable[Parameter]) -> None:
        for one in wanted:
            node, _, name = one.name.rpartition(".")
            value = one.get_value()
            try:
                if not isinstance(value, bool | int | float | str):
                    raise BusError(f"{one.name}: expected a value, got {value!r:.80}")
                text = str(value).lower() if isinstance(value, bool) else str(value)
                set_parameter(self._bus, node, name, text)
            except BusError as error:
                self._refusals.append(str(error))
        self._read()


def _labels(node: str) -> Mapping[str, str]:
    """Return the labels of the parameters that are offered of a node."""
    return SETTINGS.get(node.rpartition("/")[2], {})


def _service(
    name: str, kind: str, handler: Callable[[ServiceRequest], bytes]
) -> foxglove.websocket.Service:
    request, response = (
        MessageSchema(
            encoding=_CDR,
            schema=foxglove.Schema(name=f"{kind}_{end}", encoding="ros2msg", data=text.encode()),
        )
        for end, text in (("Request", _REQUESTS[kind]), ("Response", _RESPONSE))
    )
    schema = ServiceSchema(name=kind, request=request, response=response)
    return foxglove.websocket.Service(name=name, schema=schema, handler=handler)
