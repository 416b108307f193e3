# SPDX-License-Identifier: Apache-2.0
"""A virtual face that lives in real time, in a thread of its own.

OpenGL ties images to one thread, while a node is configured, run and cleaned up by whatever
thread spins it. A thread of its own also costs less than a hundred timer calls of rclpy a second.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from x2c_core.robot.robot import Robot
from x2c_node.supervision.supervisor import Pulse
from x2c_virtual_face.errors import RenderError
from x2c_virtual_face.opengl import start_in_background

if TYPE_CHECKING:
    from x2c_virtual_face.virtual_face import VirtualFace

PERIOD = 0.01
"""Time between two ticks [s]."""

LONGEST_TICK = 0.1
"""A machine that is held up for longer does not make up for it: the face's time stands still."""

LONGEST_CALL = 5.0
"""Time limit for the simulation's thread: drawing may hang in a driver [s]."""

Tick = Callable[["VirtualFace", float], None]


class Simulation:
    """Make a virtual face, keep it in step with the steady clock, and take it down.

    Args:
        robot: Description with the virtual humanoid's joints.
        width: Width of the image [px].
        height: Height of the image [px].

    Raises:
        RobotMismatchError: The robot's joints are not those of the virtual humanoid.
        RenderError: There is no OpenGL library that draws without a display.
    """

    def __init__(self, robot: Robot, width: int, height: int) -> None:
        self._calls: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        # No executor of concurrent.futures: a thread of it that hangs keeps the process.
        self._thread = threading.Thread(target=self._serve, name="virtual_face", daemon=True)
        self._thread.start()
        self._stopping = threading.Event()
        self._run: Future[None] | None = None
        try:
            self._face = self._call(lambda: _make_face(robot, width, height)).result()
        except BaseException:
            self._calls.put(None)
            self._thread.join()
            raise

    def start(self, tick: Tick, wanted: Callable[[], bool], pulse: Pulse | None = None) -> None:
        """Let time pass.

        Args:
            tick: Called every PERIOD, in the simulation's thread, with the face and the time
                passed since it was called last [s]; it must not raise.
            wanted: Whether time shall go on; asked at each tick.
            pulse: Pulse of the thread, one beat each tick.

        Raises:
            RenderError: The tick before hangs.
        """
        self.stop()
        self._stopping.clear()
        self._run = self._call(lambda: self._live(tick, wanted, pulse or Pulse()))

    def stop(self) -> None:
        """Let time stand still; the last tick is over when it returns.

        Raises:
            RenderError: The tick hangs.
        """
        self._stopping.set()
        if self._run is not None:
            _within_limit(self._run)
            self._run = None

    def close(self) -> None:
        """Take the face down, after the tick that goes on.

        Raises:
            RenderError: The tick hangs.
        """
        self._stopping.set()
        closed = self._call(self._face.close)
        self._calls.put(None)
        _within_limit(closed)
        self._thread.join()

    def _call(self, call: Callable[[], Any]) -> Future[Any]:
        """Have the thread call something, after what it is at."""
        future: Future[Any] = Future()
        self._calls.put((future, call))
        return future

    def _serve(self) -> None:
        while (asked := self._calls.get()) is not None:
            future, call = asked
            try:
                future.set_result(call())
            except BaseException as error:
                future.set_exception(error)

    def _live(self, tick: Tick, wanted: Callable[[], bool], pulse: Pulse) -> None:
        with pulse:
            self._tick_on(tick, wanted, pulse)

    def _tick_on(self, tick: Tick, wanted: Callable[[], bool], pulse: Pulse) -> None:
        due = last = time.monotonic()
        while wanted():
            now = time.monotonic()
            # A delay of more than a tick starts a new rhythm.
            due = max(due + PERIOD, now)
            # To wait for the event takes twice the processor time, and a tick is soon over.
            time.sleep(due - now)
            if self._stopping.is_set():
                return
            now = time.monotonic()
            pulse.beat()
            tick(self._face, min(now - last, LONGEST_TICK))
            last = now


def _within_limit(future: Future[Any]) -> None:
    """Wait for a call's end.

    Raises:
        RenderError: It does not come.
    """
    try:
        future.result(LONGEST_CALL)
    except TimeoutError:
        raise RenderError(
            f"the virtual face's thread has hung for {LONGEST_CALL:g} s: check its OpenGL driver"
        ) from None


def _make_face(robot: Robot, width: int, height: int) -> VirtualFace:
    try:
        # MuJoCo looks for its OpenGL library when it is imported.
        from x2c_virtual_face.virtual_face import VirtualFace
    except (ImportError, AttributeError, RuntimeError) as error:
        raise _no_opengl(error) from error
    start_in_background()
    face = VirtualFace(robot, width, height)
    try:
        face.render()
    except RenderError as error:
        raise _no_opengl(error.__cause__ or error) from error
    return face


def _no_opengl(error: BaseException) -> RenderError:
    return RenderError(
        f"cannot draw without a display: {error}. Install the Debian package libosmesa6 and set "
        "MUJOCO_GL=osmesa, or libegl1 with MUJOCO_GL=egl"
    )
