# SPDX-License-Identifier: Apache-2.0
"""What `/diagnostics` says of motors."""

from __future__ import annotations

from collections.abc import Sequence

from x2c_motors.control.motor_board import MotorBoard
from x2c_motors.control.motor_condition import Condition
from x2c_motors.control.motor_controller import MotorSession
from x2c_node.diagnostics import Diagnosis, Level


def diagnose_motors(boards: Sequence[MotorBoard]) -> Diagnosis:
    """Return the diagnosis of a robot's boards.

    With several boards, each value and each sentence begins with the board's name.
    """
    found = [(board.name, _diagnose(board.session)) for board in boards]
    if len(found) == 1:
        return found[0][1]
    level = max((one.level for _, one in found), key=lambda one: int.from_bytes(one.value))
    # What is wrong comes first and is not hidden by what is right.
    said = [f"{name}: {one.message}" for name, one in found if one.level == level]
    values = {f"{name}: {key}": value for name, one in found for key, value in one.values.items()}
    conditions = {str(board.session.condition) for board in boards}
    together = conditions.pop() if len(conditions) == 1 else "see each board"
    return Diagnosis(level, "; ".join(said), {"motors": together, **values})


def _diagnose(session: MotorSession) -> Diagnosis:
    driver = session.link.driver
    source = "measured" if driver.measures else "as sent: these motors do not tell"
    values = {
        "driver": driver.settings.type,
        "place": driver.place,
        "motors": session.condition.value,
        "connections": str(session.link.connections),
        "positions": source,
        "commands out of reach": str(session.limited),
        "joints without answer": ", ".join(session.link.absent) or "none",
        "joints outside their raw range": ", ".join(session.outside) or "none",
        "joints that wait for one they depend on": ", ".join(session.frozen) or "none",
    }
    values |= {f"replies {fault}": str(n) for fault, n in sorted(driver.faults.items())}
    values |= {f"taken in again: {name}": str(n) for name, n in session.returned.items()}
    values |= session.link.health.values
    level, message = _verdict(session)
    return Diagnosis(level, message, values)


def _verdict(session: MotorSession) -> tuple[Level, str]:
    condition, link = session.condition, session.link
    if condition is Condition.DISCONNECTED:
        return Level.ERROR, link.trouble or f"connecting to {link.driver.place}"
    if condition is Condition.STOPPED:
        return Level.ERROR, "emergency stop; release it, then call ~/reset"
    if link.health.warnings:
        return Level.ERROR, "; ".join(link.health.warnings)
    if session.refused:
        return Level.ERROR, "; ".join(session.refused)
    if link.absent:
        return Level.ERROR, f"no answer of {', '.join(link.absent)}"
    if session.outside:
        return Level.ERROR, f"outside their raw range, left alone: {', '.join(session.outside)}"
    return Level.OK, condition.value
