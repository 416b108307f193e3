# SPDX-License-Identifier: Apache-2.0
"""Diagnostics of motors for `/diagnostics`."""

from __future__ import annotations

from collections.abc import Sequence

from x2c_motors.control.motor_board import MotorBoard
from x2c_motors.control.motor_condition import Condition
from x2c_motors.control.motor_controller import MotorController
from x2c_node.diagnostics import Diagnosis, Level


def diagnose_motors(boards: Sequence[MotorBoard]) -> Diagnosis:
    """Return the diagnosis of a robot's boards.

    With several boards, each value and each sentence begins with the board's name.
    """
    found = [(board.name, _diagnose(board.controller)) for board in boards]
    if len(found) == 1:
        return found[0][1]
    level = max((one.level for _, one in found), key=lambda one: int.from_bytes(one.value))
    # What is wrong comes first and is not hidden by what is right.
    said = [f"{name}: {one.message}" for name, one in found if one.level == level]
    values = {f"{name}: {key}": value for name, one in found for key, value in one.values.items()}
    conditions = {str(board.controller.condition) for board in boards}
    together = conditions.pop() if len(conditions) == 1 else "see each board"
    return Diagnosis(level, "; ".join(said), {"motors": together, **values})


def _diagnose(controller: MotorController) -> Diagnosis:
    driver = controller.link.driver
    source = "measured" if driver.measures else "as sent: these motors do not measure"
    values = {
        "driver": driver.settings.type,
        "place": driver.place,
        "motors": controller.condition.value,
        "connections": str(controller.link.connections),
        "positions": source,
        "commands out of reach": str(controller.limited),
        "joints without answer": ", ".join(controller.link.absent) or "none",
        "joints outside their raw range": ", ".join(controller.outside) or "none",
        "joints that wait for one they depend on": ", ".join(controller.frozen) or "none",
    }
    values |= {f"replies {fault}": str(n) for fault, n in sorted(driver.faults.items())}
    values |= {f"taken in again: {name}": str(n) for name, n in controller.returned.items()}
    values |= controller.link.health.values
    level, message = _verdict(controller)
    return Diagnosis(level, message, values)


def _verdict(controller: MotorController) -> tuple[Level, str]:
    condition, link = controller.condition, controller.link
    if condition is Condition.DISCONNECTED:
        return Level.ERROR, link.trouble or f"connecting to {link.driver.place}"
    if condition is Condition.STOPPED:
        return Level.ERROR, "emergency stop; release it, then call ~/reset"
    if link.health.warnings:
        return Level.ERROR, "; ".join(link.health.warnings)
    if controller.refused:
        return Level.ERROR, "; ".join(controller.refused)
    if link.absent:
        return Level.ERROR, f"no answer of {', '.join(link.absent)}"
    if controller.outside:
        return Level.ERROR, f"outside their raw range, left alone: {', '.join(controller.outside)}"
    return Level.OK, condition.value
