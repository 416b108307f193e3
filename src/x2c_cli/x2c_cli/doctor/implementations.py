# SPDX-License-Identifier: Apache-2.0
"""Check of implementations that installed packages provide."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from x2c_cli.doctor.finding import Finding, ok, warn
from x2c_core.sources.camera_source import CAMERA_SOURCES
from x2c_core.sources.expression_source import EXPRESSION_SOURCES
from x2c_core.system.registry import Registry
from x2c_imitation.backends import BACKENDS
from x2c_imitation.x2cnet.transfer.motion_transfer import TRANSFERS
from x2c_motors.drivers import DRIVERS
from x2c_motors.emulators import EMULATORS

REGISTRIES: tuple[Registry[Any], ...] = (
    DRIVERS,
    EMULATORS,
    CAMERA_SOURCES,
    EXPRESSION_SOURCES,
    BACKENDS,
    TRANSFERS,
)
"""Every kind of implementation that packages can add."""


def implementations() -> Iterator[Finding]:
    """Import every implementation, and report those that cannot be used."""
    reported: set[str] = set()
    for registry in REGISTRIES:
        usable, problems = registry.load_all()
        yield ok(f"{registry.kind}s", ", ".join(usable) or "none")
        # A package that cannot be read is a problem of every kind.
        fresh = [text for text in problems.values() if text not in reported]
        reported.update(fresh)
        for text in fresh:
            advice = "repair or uninstall that package; all others can be used"
            yield warn(registry.kind, text, advice)
