# SPDX-License-Identifier: Apache-2.0
"""Requests of the live page to the nodes of one robot, answered on the page."""

from __future__ import annotations

import time
from typing import Any

from std_srvs.srv import SetBool, Trigger

from x2c_bringup.page.wishes import Wish
from x2c_cli.bus.connection import Bus
from x2c_cli.bus.finding import TRIGGER, servers
from x2c_cli.bus.live.live_news import LiveNews
from x2c_cli.bus.robot_choice import RobotChoice, namespace_of
from x2c_cli.errors import BusError

_RELEASED = 2.0
"""Time limit for nodes to hear that the stop is released [s]."""

_AGAIN = 0.2
"""Time between two requests to reset [s]."""

_OF_TRACKER = {"calibrate": "calibrate_neutral", "next person": "next_person"}


class NodeRequests:
    """Call the services that the page's buttons are for.

    Args:
        bus: The bus.
        news: Shows the answers.
    """

    def __init__(self, bus: Bus, news: LiveNews) -> None:
        self._bus = bus
        self._news = news

    def do(self, robot: RobotChoice, wish: Wish) -> None:
        """Do what a button asks for, other than to reset.

        Raises:
            BusError: A service is not there or does not answer.
        """
        if wish.action in _OF_TRACKER:
            service = f"{robot.namespace}/face_tracker_node/{_OF_TRACKER[wish.action]}"
            self._ask(service, Trigger.Request())
        elif wish.action == "neutral":
            for name in robot.chosen:
                self._ask(f"{name}/neutral", Trigger.Request())
        elif wish.action in ("enable", "disable"):
            for name in robot.chosen:
                self._ask(f"{name}/enable", SetBool.Request(data=wish.action == "enable"))

    def reset(self, robot: RobotChoice) -> None:
        """Reset actuation and motor drivers after a stop, which has just been released.

        Raises:
            BusError: A service does not answer.
        """
        drivers = servers(self._bus, TRIGGER, "/motor_driver_node/reset")
        services = [f"{name}/reset" for name in robot.chosen]
        services += [one for one in drivers if namespace_of(namespace_of(one)) == robot.namespace]
        limit = time.monotonic() + _RELEASED
        for service in services:
            # The release may come after the request.
            while True:
                response = self._bus.call(Trigger, service, Trigger.Request())
                if response.success or time.monotonic() > limit:
                    break
                self._bus.wait(lambda: False, _AGAIN)
            self._news.answer(service, response)

    def _ask(self, service: str, request: Any) -> None:
        if service not in self._bus.services():
            raise BusError(f"there is no service {service} at the moment")
        kind = SetBool if isinstance(request, SetBool.Request) else Trigger
        self._news.answer(service, self._bus.call(kind, service, request))
