# SPDX-License-Identifier: Apache-2.0
"""Subscriptions that wake no thread: their node takes the messages itself."""

from __future__ import annotations

from typing import Any

from rclpy.callback_groups import CallbackGroup
from rclpy.subscription import Subscription


class PolledGroup(CallbackGroup):
    """Callback group of subscriptions that no executor waits for, though for their events."""

    def can_execute(self, entity: Any) -> bool:
        """Return whether an executor is to wait for an entity."""
        return not isinstance(entity, Subscription)

    def beginning_execution(self, entity: Any) -> bool:
        """Return whether a callback may begin."""
        return True

    def ending_execution(self, entity: Any) -> None:
        """Take note of a callback's end."""
