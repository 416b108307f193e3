# SPDX-License-Identifier: Apache-2.0
"""State of a node as published on `/diagnostics`."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from std_msgs.msg import Header

from x2c_core.printable import printable


class Level(enum.Enum):
    """Severity of a diagnosis."""

    OK = DiagnosticStatus.OK
    WARN = DiagnosticStatus.WARN
    ERROR = DiagnosticStatus.ERROR
    STALE = DiagnosticStatus.STALE


@dataclass(frozen=True)
class Diagnosis:
    """State of a node: severity, one sentence, and details by name."""

    level: Level
    message: str
    values: Mapping[str, str] = field(default_factory=dict)


def to_message(name: str, diagnosis: Diagnosis, stamp: Time) -> DiagnosticArray:
    """Return the diagnosis of a node as a message."""
    status = DiagnosticStatus(
        level=diagnosis.level.value,
        name=name,
        message=printable(diagnosis.message),
        hardware_id="",
        values=[
            KeyValue(key=printable(key), value=printable(str(value)))
            for key, value in diagnosis.values.items()
        ],
    )
    return DiagnosticArray(header=Header(stamp=stamp), status=[status])


def to_diagnosis(status: DiagnosticStatus) -> Diagnosis:
    """Return what a message of a node says of it."""
    values = {pair.key: pair.value for pair in status.values}
    return Diagnosis(Level(status.level), status.message, values)
