# SPDX-License-Identifier: Apache-2.0
"""Installed motor drivers and their options, for users."""

from __future__ import annotations

from collections.abc import Iterator

from x2c_core.system.fields import FieldSpec, specs
from x2c_motors.drivers import DRIVERS


def driver_lines() -> Iterator[str]:
    """Yield a description of every installed driver: package, purpose, options, or its fault."""
    usable, problems = DRIVERS.load_all()
    for name, driver in usable.items():
        summary = (driver.__doc__ or "").strip().partition("\n")[0]
        yield f"{name} ({DRIVERS.package(name)}): {summary}"
        yield from _options("", driver.Options)
        yield from _options("joints.NAME.", driver.JointOptions)
    for name, problem in problems.items():
        yield f"{name}: cannot be used: {problem}"


def _options(prefix: str, options: type) -> Iterator[str]:
    for name, (_, default, spec) in specs(options).items():
        text = str(default).lower() if isinstance(default, bool) else default
        yield f"  {prefix}{name}={text}  {spec.description}{_limits(spec)}"


def _limits(spec: FieldSpec) -> str:
    if spec.choices:
        return f" One of {', '.join(spec.choices)}."
    if spec.minimum is not None and spec.maximum is not None:
        return f" {spec.minimum:g} to {spec.maximum:g}."
    return ""
