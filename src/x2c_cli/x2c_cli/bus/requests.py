# SPDX-License-Identifier: Apache-2.0
"""Requests to the services of running nodes, answered one after another."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from std_srvs.srv import SetBool, Trigger

from x2c_cli.bus.connection import Bus
from x2c_cli.errors import BusError


def ask_all(bus: Bus, services: Iterable[str], data: bool | None = None) -> int:
    """Call services, print their answers, and return the exit status.

    Args:
        bus: The bus.
        services: Names of services of the type Trigger, or SetBool if there are data.
        data: Data for SetBool.

    Returns:
        0 if all did what they were asked, else 1.
    """
    if data is None:
        return ask_each(bus, services, Trigger, Trigger.Request())
    return ask_each(bus, services, SetBool, SetBool.Request(data=data))


def ask_each(bus: Bus, services: Iterable[str], kind: type, request: Any) -> int:
    """Call services of a type with the same request; prints and returns as `ask_all` does.

    Args:
        bus: The bus.
        services: Names of services.
        kind: Type of the services, whose responses have `success` and `message`.
        request: Request to each.
    """
    failed = False
    for service in services:
        try:
            response = bus.call(kind, service, request)
        except BusError as error:
            print(f"error: {error}", file=sys.stderr)
            failed = True
            continue
        node = service.rpartition("/")[0]
        if response.success:
            print(f"{node}: {response.message or 'done'}")
        else:
            print(f"error: {node}: {response.message or 'refused'}", file=sys.stderr)
            failed = True
    return int(failed)
