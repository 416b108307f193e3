# SPDX-License-Identifier: Apache-2.0
"""Cost of the live page to the nodes: with no browser, with one, and with many slow ones."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import subprocess
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from sensor_msgs.msg import JointState

from x2c_bringup.page.access import ENVIRONMENT
from x2c_cli.bench.system import processor_time
from x2c_cli.bus.connection import Bus
from x2c_cli.errors import BusError
from x2c_cli.page.recording import COMMAND
from x2c_core.ports import free_port
from x2c_core.programs import end_program
from x2c_node.conversion.headers import to_nanoseconds

_LOOP = "/**/camera_node:\n  ros__parameters: {loop: true}\n"
_COMMANDS = "/joint_commands"
_SETTLING = 4.0
"""Time before measuring, in which browsers come and go [s]."""

_STARTING = 60.0
_ENDING = 30.0


@dataclass(frozen=True)
class Audience:
    """Browsers that look at the page.

    Attributes:
        name: For people.
        browsers: Number of browsers.
        drawing: Time that each takes to draw a message [s].
    """

    name: str
    browsers: int
    drawing: float = 0.0


AUDIENCES = (
    Audience("no browser", 0),
    Audience("one browser", 1),
    Audience("ten slow browsers", 10, 1.0),
)


@dataclass(frozen=True)
class PageCost:
    """Result of one measurement.

    Attributes:
        audience: Name of the audience.
        p50: Median time from camera stamp to the arrival of the joint command [ms].
        p99: 99th percentile of it [ms].
        images: Images answered a second [Hz].
        nodes: Processor time of the nodes a second [s/s].
        page: Processor time of the page's program a second [s/s].
    """

    audience: str
    p50: float
    p99: float
    images: float
    nodes: float
    page: float


def measure_page(
    video: str, seconds: float, rounds: int, tell: Callable[[str], None]
) -> list[PageCost]:
    """Measure all audiences in turn, beside the same running nodes.

    Args:
        video: Video to imitate, in a loop.
        seconds: Time of each measurement [s].
        rounds: Measurements of each audience.
        tell: Called with what is going on.

    Raises:
        BusError: The nodes send no joint commands.
    """
    results = []
    with _nodes(video) as (process, port, token), Bus() as bus:
        wait_for_commands(bus)
        for number in range(rounds):
            for audience in AUDIENCES:
                tell(f"measuring: {audience.name}, {number + 1} of {rounds}")
                with browsers(audience, port, token):
                    bus.wait(lambda: False, _SETTLING)
                    results.append(_measure(bus, process, audience, seconds))
    return results


def summary(results: list[PageCost]) -> list[tuple[str, ...]]:
    """Return rows with the median of each audience's measurements, as text."""
    rows = []
    for audience in AUDIENCES:
        mine = [one for one in results if one.audience == audience.name]
        figures = [
            *((median(one.p50 for one in mine), 2), (median(one.p99 for one in mine), 1)),
            *((median(one.images for one in mine), 1), (median(one.nodes for one in mine), 3)),
            (median(one.page for one in mine), 3),
        ]
        rows.append((audience.name, *(f"{value:.{digits}f}" for value, digits in figures)))
    return rows


def wait_for_commands(bus: Bus) -> None:
    """Wait until the nodes have started: what that costs is not what the page does.

    Raises:
        BusError: They send no joint commands.
    """
    came: list[JointState] = []
    end = bus.subscribe(JointState, _COMMANDS, came.append)
    there = bus.wait(lambda: came, _STARTING)
    end()
    if not there:
        raise BusError(f"the nodes send nothing on {_COMMANDS} within {_STARTING:g} s: see above")


def _measure(bus: Bus, process: int, audience: Audience, seconds: float) -> PageCost:
    arrived: dict[int, float] = {}

    def take(message: JointState) -> None:
        stamp = to_nanoseconds(message.header.stamp)
        arrived.setdefault(stamp, (time.time_ns() - stamp) * 1e-6)

    end = bus.subscribe(JointState, _COMMANDS, take)
    pages = _children(process)
    before = processor_time(process), sum(map(processor_time, pages))
    began = time.monotonic()
    bus.wait(lambda: False, seconds)
    took = time.monotonic() - began
    after = processor_time(process), sum(map(processor_time, pages))
    end()
    # The first one may be that of an image before.
    delays = list(arrived.values())[1:] or [float("nan")]
    return PageCost(
        audience=audience.name,
        p50=float(np.percentile(delays, 50)),
        p99=float(np.percentile(delays, 99)),
        images=len(arrived) / took,
        nodes=(after[0] - before[0]) / took,
        page=(after[1] - before[1]) / took,
    )


@contextlib.contextmanager
def _nodes(video: str) -> Iterator[tuple[int, int, str]]:
    """Run the nodes and their page meanwhile; yields process, port and token."""
    port, token = free_port(), secrets.token_urlsafe()
    with tempfile.TemporaryDirectory() as folder:
        parameters = Path(folder) / "loop.yaml"
        parameters.write_text(_LOOP)
        words = ["imitate", "--video", video, "--params", str(parameters)]
        process = subprocess.Popen(
            [*COMMAND, *words, "--page-port", str(port)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env={**os.environ, ENVIRONMENT: token},
        )
        try:
            yield process.pid, port, token
        finally:
            end_program(process, _ENDING)


def _children(process: int) -> list[int]:
    """Return the processes that a process has started."""
    found = Path(f"/proc/{process}/task").glob("*/children")
    return [int(word) for path in found for word in path.read_text().split()]


@contextlib.contextmanager
def browsers(audience: Audience, port: int, token: str) -> Iterator[None]:
    """Look at the page meanwhile, in a thread.

    Args:
        audience: Browsers that look.
        port: Port of the page.
        token: Token of the page.
    """
    ended = threading.Event()

    async def look() -> None:
        looks = [_look(port, token, audience) for _ in range(audience.browsers)]
        work = list(map(asyncio.create_task, looks))
        while not ended.is_set():
            await asyncio.sleep(0.1)
        for one in work:
            one.cancel()
        await asyncio.gather(*work, return_exceptions=True)

    if audience.browsers:
        _wake(f"http://127.0.0.1:{port}/?token={token}")
    thread = threading.Thread(target=lambda: asyncio.run(look()))
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _wake(address: str) -> None:
    """Ask for the page, as a browser does, until its program answers."""
    limit = time.monotonic() + _STARTING
    while True:
        try:
            urllib.request.urlopen(address, timeout=_STARTING).close()  # noqa: S310 - our own
            return
        except OSError:
            if time.monotonic() > limit:
                raise
            time.sleep(0.2)


async def _look(port: int, token: str, audience: Audience) -> None:
    from tornado.httpclient import HTTPRequest
    from tornado.websocket import websocket_connect

    headers = {"Origin": f"http://127.0.0.1:{port}", "Cookie": f"x2c_page_{port}={token}"}
    connection: Any = await websocket_connect(
        HTTPRequest(f"ws://127.0.0.1:{port}/live", headers=headers)
    )
    try:
        while await connection.read_message() is not None:
            await asyncio.sleep(audience.drawing)
            await connection.write_message('{"ready": true}')
    finally:
        connection.close()
