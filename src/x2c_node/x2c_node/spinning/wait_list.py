# SPDX-License-Identifier: Apache-2.0
"""Entities of nodes that a spin waits for, gathered once for many waits."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from rclpy.event_handler import EventHandler
from rclpy.exceptions import InvalidHandle
from rclpy.guard_condition import GuardCondition
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.node import Node
from rclpy.waitable import NumberOfEntities

from x2c_node.polled_group import PolledGroup

_EVENTS = 0.1
"""Longest delay of an event of a publisher or subscription [s].

They are most of what a node waits for, and come only when publishers or subscriptions do.
"""

_GUARD = "guard_condition"

_KINDS = {
    "timer": "timers",
    "subscription": "subscriptions",
    _GUARD: "guards",
    "client": "clients",
    "service": "services",
    "waitable": "waitables",
}
"""Attribute of a node for each kind of entity; those with handles in the order of their turns."""

_WITH_HANDLE: tuple[Any, ...] = tuple(kind for kind in _KINDS if kind != "waitable")


@dataclass(frozen=True)
class Entity:
    """Something of a node that is waited for.

    Attributes:
        itself: The entity.
        node: Its node.
        kind: Kind of the entity, in rclpy's words.
    """

    itself: Any
    node: Node
    kind: str

    @property
    def there(self) -> bool:
        """True while the node has it."""
        return any(one is self.itself for one in getattr(self.node, _KINDS[self.kind]))


class WaitList:
    """Entities of nodes that are waited for again and again, with one wait set.

    Args:
        nodes: The nodes.
        fit: Whether an entity is to be waited for.
        guards: Guard conditions that end a wait too.
        context: Handle of the nodes' context.

    Attributes:
        complete: Whether all entities of the nodes are waited for.
    """

    def __init__(
        self,
        nodes: Iterable[Node],
        fit: Callable[[Any], bool],
        guards: Iterable[GuardCondition],
        context: Any,
    ) -> None:
        self._context = context
        self.complete = True
        self._with_handle: dict[int, Entity] = {}
        self._waitables: list[Entity] = []
        self._events: list[Entity] = []
        self._events_due = 0.0
        handles: dict[str, list[Any]] = {kind: [] for kind in _WITH_HANDLE}
        count = NumberOfEntities()
        for node in nodes:
            for kind, attribute in _KINDS.items():
                for one in getattr(node, attribute):
                    if kind == "subscription" and isinstance(one.callback_group, PolledGroup):
                        continue
                    if not fit(one):
                        self.complete = False
                        continue
                    entity = Entity(one, node, kind)
                    try:
                        if kind == "waitable":
                            with one:
                                count += one.get_num_entities()
                            events = isinstance(one, EventHandler)
                            (self._events if events else self._waitables).append(entity)
                        else:
                            with one.handle:
                                self._with_handle[one.handle.pointer] = entity
                            handles[kind].append(one.handle)
                    except InvalidHandle:
                        # It has been destroyed, and its node will say so.
                        continue
        self._guards = [one.itself for one in self._with_handle.values() if one.kind == _GUARD]
        handles[_GUARD] += [one.handle for one in guards]
        self._wait_set = rclpy_implementation.WaitSet(
            len(handles["subscription"]) + count.num_subscriptions,
            len(handles[_GUARD]) + count.num_guard_conditions,
            len(handles["timer"]) + count.num_timers,
            len(handles["client"]) + count.num_clients,
            len(handles["service"]) + count.num_services,
            count.num_events,
            self._context,
        )
        self._handles = [
            (getattr(self._wait_set, f"add_{kind}"), handle)
            for kind, of_kind in handles.items()
            for handle in of_kind
        ]

    def wait(self, nanoseconds: int) -> list[Entity]:
        """Wait until something is ready or time is up; return what is ready, in rclpy's order.

        It may end sooner with nothing.

        Args:
            nanoseconds: Longest wait; negative for no limit.
        """
        for guard in self._guards:
            if guard._executor_triggered:
                # It was ready before, and had no turn.
                guard.trigger()
        self._wait_set.clear_entities()
        held: list[Any] = []
        waitables = []
        wanted = self._waitables
        if self._events:
            left = self._events_due - time.monotonic()
            if left <= 0.0:
                wanted = wanted + self._events
            elif nanoseconds < 0 or nanoseconds > left * 1e9:
                nanoseconds = int(left * 1e9)
        try:
            # What another thread destroys meanwhile is there until it is no longer held.
            self._context.__enter__()
            held.append(self._context)
            for add, handle in self._handles:
                try:
                    handle.__enter__()
                except InvalidHandle:
                    continue
                held.append(handle)
                add(handle)
            for entity in wanted:
                try:
                    entity.itself.__enter__()
                except InvalidHandle:
                    continue
                held.append(entity.itself)
                entity.itself.add_to_wait_set(self._wait_set)
                waitables.append(entity)
            self._wait_set.wait(nanoseconds)
            if wanted is not self._waitables:
                self._events_due = time.monotonic() + _EVENTS
            found = [
                self._with_handle[pointer]
                for kind in _WITH_HANDLE
                for pointer in self._wait_set.get_ready_entities(kind)
                if pointer in self._with_handle
            ]
            for entity in found:
                if entity.kind == _GUARD:
                    # To have waited for it has reset it, and a waitable may raise.
                    entity.itself._executor_triggered = True
            return [one for one in waitables if one.itself.is_ready(self._wait_set)] + found
        finally:
            for one in held:
                one.__exit__(None, None, None)
