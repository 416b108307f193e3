# SPDX-License-Identifier: Apache-2.0
"""The running nodes as the live page sees and operates them, in a thread of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Bool

from x2c_bringup.errors import PageError
from x2c_bringup.page.newest import Newest
from x2c_bringup.page.sliders import Sliders
from x2c_bringup.page.wishes import SET, STYLE, SliderMove, Wish, WishList
from x2c_bringup.styles import Style
from x2c_cli.bus.connection import Bus, domain
from x2c_cli.bus.emergency_stop import SHARED, is_stopped
from x2c_cli.bus.finding import actuations
from x2c_cli.bus.live.live_news import LiveNews
from x2c_cli.bus.live.live_settings import LiveSettings
from x2c_cli.bus.live.node_requests import NodeRequests
from x2c_cli.bus.live.slider_publisher import SliderPublisher
from x2c_cli.bus.reports import TOPIC as DIAGNOSTICS
from x2c_cli.bus.robot_choice import ROOT, RobotChoice, namespace_of
from x2c_cli.bus.robot_topics import COMPRESSED, camera_topic, values_topic
from x2c_core.errors import X2CError
from x2c_msgs.msg import ActuationState, ControlValues, FaceLandmarks, MixerState
from x2c_node.diagnostics import Diagnosis, to_diagnosis

_REFRESH = 1.0
"""Time between two looks at which nodes and topics there are [s]."""

_EAGER = 0.1
"""The same while a browser waits for its first image [s]."""

_BEGINNING = 5.0
"""Time for which a browser waits like that [s]."""

_UNWATCHED = 5.0
"""The same while no browser looks [s]."""

_SETTINGS = 5.0
"""Time after which parameters are read again, as others may have set them [s]."""

_TICK = 1.0 / 60.0
"""Time between two looks at what has come, twice as often as images come [s]."""

_RESTING = 0.25
"""Longest time until a wish is noticed while no browser looks [s]."""


class LiveLink:
    """Thread on the bus that keeps the newest of everything, while someone looks.

    The emergency stop is published in the caller's thread, at once; everything else waits for its
    turn.

    Args:
        newest: Gets what is new.
        namespace: Namespace of the robot; ROOT for that of no name, empty for the only one there
            is. While there are several, only the emergency stop works, for all.
        image_topic: Topic of the camera; empty for none.
        sliders: Sliders of the page.
        styles: Styles to choose from, by name.
        always: Whether values of the sliders are published also while none is held, for a robot
            that nothing else moves; its image is then not received.
    """

    def __init__(
        self,
        newest: Newest,
        namespace: str,
        image_topic: str,
        sliders: Sliders,
        *,
        styles: Mapping[str, Style] | None = None,
        always: bool = False,
    ) -> None:
        self._newest = newest
        self._settings = LiveSettings(newest, styles or {})
        self._sliders = sliders
        self._slider_publisher = SliderPublisher(sliders, always=always)
        self._slider_moved = threading.Event()
        self._always = always
        self._robots = RobotChoice(namespace)
        self._image_topic = image_topic
        self._news = LiveNews(newest)
        self._wishes = WishList()
        self._subscribed: dict[str, Callable[[], object]] = {}
        self._stops: dict[str, Any] = {}
        self._stop_lock = threading.Lock()
        self._asserted = False
        self._states: dict[str, ActuationState] = {}
        self._reports: dict[str, Diagnosis] = {}
        self._watched = threading.Event()
        self._began = 0.0
        self._closing = threading.Event()
        self._opened = threading.Event()
        self._read_settings = 0.0
        self._thread = threading.Thread(target=self._run, name="live link")

    def start(self) -> None:
        """Join the bus."""
        self._thread.start()
        self._opened.wait()
        self._slider_publisher.start()

    def close(self) -> None:
        """Leave the bus; a stop that was asserted stays latched in the nodes."""
        self._slider_publisher.close()
        self._closing.set()
        self._thread.join()

    def watch(self, wanted: bool) -> None:
        """Begin or end to receive: nothing is subscribed to while no browser looks.

        Sliders that no browser shows any more are let go.
        """
        if wanted:
            if not self._watched.is_set():
                self._began = time.monotonic()
            self._watched.set()
        else:
            self._watched.clear()
            self.let_go()

    @property
    def asserted(self) -> bool:
        """True while the emergency stop is asserted here."""
        return self._asserted

    def move(self, move: SliderMove) -> None:
        """Move sliders.

        Raises:
            X2CError: They cannot move the robot now, or not so; the text says why.
        """
        self.robot()
        if self._asserted or any(self._is_stopped(name) for name in self._robots.chosen):
            raise PageError("the emergency stop is asserted: sliders move nothing before a reset")
        if self._slider_publisher.refusal:
            raise PageError(self._slider_publisher.refusal)
        self._sliders.move(move)
        self._slider_moved.set()

    def let_go(self) -> None:
        """Let all sliders go."""
        if not self._sliders.layer.empty:
            self._sliders.let_go()

    def do(self, wish: Wish) -> None:
        """Have something done, after what was asked before.

        Raises:
            PageError: Too much waits.
        """
        self._wishes.add(wish)

    def robot(self) -> str:
        """Return the namespace of the robot; empty for the root.

        Raises:
            PageError: There are several robots, and none was chosen.
        """
        namespace = self._robots.namespace
        if namespace is None:
            raise PageError(self._robots.advice)
        return namespace

    def stop(self) -> None:
        """Assert the emergency stop, now; what was asked before is forgotten."""
        self._wishes.clear()
        with self._stop_lock:
            self._asserted = True
            self._publish_stop()
        self.let_go()
        self._tell_stop()

    def _publish_stop(self) -> None:
        for publisher in self._stops.values():
            publisher.publish(Bool(data=self._asserted))

    def _run(self) -> None:
        with Bus() as bus:
            self._bus, self._requests = bus, NodeRequests(bus, self._news)
            self._add_stop(f"{self._robots.namespace}{SHARED}")
            self._opened.set()
            looked = 0.0
            while not self._closing.is_set():
                if time.monotonic() - looked > self._refresh_period():
                    looked = time.monotonic()
                    self._guarded(self._refresh)
                while (wish := self._wishes.take()) is not None:
                    self._guarded(partial(self._do, wish))
                if self._slider_moved.is_set():
                    self._slider_moved.clear()
                    self._guarded(self._aim)
                if self._watched.is_set():
                    bus.receive()
                    self._closing.wait(_TICK)
                else:
                    self._leave()
                    if self._watched.wait(_RESTING):
                        looked = 0.0

    def _refresh_period(self) -> float:
        if not self._watched.is_set():
            return _UNWATCHED
        waited = time.monotonic() - self._began
        complete = self._newest.get("camera") is not None or not self._image_topic
        return _REFRESH if complete or waited > _BEGINNING else _EAGER

    def _aim(self) -> None:
        self._slider_publisher.aim(self._bus, self._robots.namespace)

    def _guarded(self, work: Callable[[], None]) -> None:
        """Do something; a failure is said on the page, and ends nothing."""
        try:
            work()
        except X2CError as error:
            self._news.say(str(error), failed=True)
        except Exception as error:
            self._news.say(f"{type(error).__name__}: {error}", failed=True)

    def _add_stop(self, topic: str) -> None:
        with self._stop_lock:
            if topic not in self._stops:
                self._stops[topic] = self._bus.publisher(Bool, topic)
                if self._asserted:
                    self._publish_stop()

    # What there is.

    def _refresh(self) -> None:
        self._robots = RobotChoice(self._robots.wanted, actuations(self._bus))
        for name in self._robots.stopped:
            self._add_stop(f"{namespace_of(name)}{SHARED}")
        self._aim()
        if not self._watched.is_set():
            self._leave()
            return
        self._subscribe()
        place = self._robots.namespace
        if place is None:
            self._newest.put("missing", [self._robots.advice])
            self._newest.put("robot name", {"namespace": "several robots", "domain": domain()})
            self._settings.hide()
            return
        missing = []
        if not self._robots.chosen:
            missing.append(f"No actuation node was found yet ({domain()}).")
        for topic, what in self._shown(place).items():
            if topic not in self._subscribed:
                missing.append(f"No {what}: nothing publishes {topic}.")
        if f"{place}/mixer/state" not in self._subscribed:
            self._newest.put("mixer", None)
        self._newest.put("missing", missing)
        self._newest.put("robot name", {"namespace": place or ROOT, "domain": domain()})
        if self._robots.chosen and time.monotonic() - self._read_settings > _SETTINGS:
            self._show_settings()

    def _subscribe(self) -> None:
        wanted: dict[str, tuple[type, Callable[[Any], None], int]] = {}
        place = self._robots.namespace
        if place is not None:
            wanted = {
                values_topic(self._bus, place): (ControlValues, self._news.values, 1),
                f"{place}/mixer/state": (MixerState, self._news.mixer, 1),
                DIAGNOSTICS: (DiagnosticArray, self._report, 50),
            }
            if self._image_topic:
                camera = camera_topic(self._bus, place, self._image_topic)
                kind = CompressedImage if camera.endswith(COMPRESSED) else Image
                wanted[camera] = (kind, self._news.camera, 1)
                wanted[f"{place}/face"] = (FaceLandmarks, self._news.face, 1)
            if not self._always:
                robot = f"{place}/robot/image_raw{COMPRESSED}"
                wanted[robot] = (CompressedImage, self._news.robot, 1)
        for name in self._robots.stopped:
            wanted[f"{name}/state"] = (ActuationState, partial(self._state, name), 5)
        for topic in self._subscribed.keys() - wanted.keys():
            self._subscribed.pop(topic)()
        for topic, (kind, take, depth) in wanted.items():
            publishers, _ = self._bus.ends(topic)
            if publishers and topic not in self._subscribed:
                self._subscribed[topic] = self._bus.subscribe(kind, topic, take, depth=depth)
            elif not publishers and topic in self._subscribed:
                self._subscribed.pop(topic)()

    def _shown(self, place: str) -> dict[str, str]:
        """Return what the page shows of the topics of a robot, by topic."""
        shown = {}
        if self._image_topic:
            shown[camera_topic(self._bus, place, self._image_topic)] = "camera image"
            shown[f"{place}/face"] = "landmarks"
        if not self._always:
            shown[f"{place}/robot/image_raw{COMPRESSED}"] = "image of the robot"
            shown[values_topic(self._bus, place)] = "control values"
        return shown

    def _leave(self) -> None:
        for end in self._subscribed.values():
            end()
        self._subscribed.clear()
        self._states.clear()
        self._reports.clear()
        self._read_settings = 0.0

    def _report(self, message: DiagnosticArray) -> None:
        self._reports.update({one.name: to_diagnosis(one) for one in message.status})
        there = {name: one for name, one in self._reports.items() if self._robots.has(name)}
        if there:
            self._news.reports(there)

    def _state(self, name: str, message: ActuationState) -> None:
        self._states[name] = message
        if name in self._robots.chosen:
            self._news.actuation(message)
            if is_stopped(message):
                # After the reset the face does not go back to where they were.
                self.let_go()
        self._tell_stop()

    def _tell_stop(self) -> None:
        """Show whether the stop is asserted here, and which nodes say that they are stopped."""
        there = self._robots.stopped
        stopped = [name for name in there if self._is_stopped(name)]
        others = [name for name in there if name not in stopped]
        self._newest.put(
            "stop", {"asserted": self._asserted, "stopped": stopped, "others": others}
        )

    def _is_stopped(self, name: str) -> bool:
        state = self._states.get(name)
        return state is not None and is_stopped(state)

    # What is to be done.

    def _do(self, wish: Wish) -> None:
        place = self.robot()
        if wish.action == SET:
            if about := self._settings.set(self._bus, place, wish):
                self._news.say(about)
            self._show_settings()
        elif wish.action == STYLE:
            self._settings.wear(self._bus, place, str(wish.value))
            self._show_settings()
        elif wish.action == "reset":
            with self._stop_lock:
                self._asserted = False
                self._publish_stop()
            self._tell_stop()
            self._requests.reset(self._robots)
        else:
            self._requests.do(self._robots, wish)

    def _show_settings(self) -> None:
        self._read_settings = time.monotonic()
        self._settings.show(self._bus, self.robot())
