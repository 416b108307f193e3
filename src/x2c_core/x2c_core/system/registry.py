# SPDX-License-Identifier: Apache-2.0
"""Registry of implementations of an interface, found among the entry points of installed packages.

Our own implementations are found the same way: each is an entry point in the `setup.py` of its
package. A module is imported only when its implementation is asked for.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from typing import Any, Generic, TypeVar

from x2c_core.errors import X2CError
from x2c_core.system.entry_point_files import package_of, read_entry_points
from x2c_core.words import did_you_mean

T = TypeVar("T")


class RegistryError(X2CError):
    """An implementation cannot be found or used; the text names its package."""


@dataclass(frozen=True)
class Registry(Generic[T]):
    """Implementations of one interface by name.

    An interface whose classes declare more than methods, such as options, has a class method
    `declaration_fault`: one clause that says what a class lacks, empty where nothing.

    Args:
        group: Group of entry points, such as "x2c.motor_drivers".
        kind: Name of the interface for messages, such as "motor driver".
        interface: Module and name of the abstract base class, such as
            "x2c_motors.drivers.driver:MotorDriver"; imported with the first implementation.
    """

    group: str
    kind: str
    interface: str

    def _found(self) -> Mapping[str, list[EntryPoint]]:
        return _by_name(read_entry_points(self.group)[0])

    def names(self) -> tuple[str, ...]:
        """Return the names of all implementations, usable or not, sorted; imports nothing."""
        return tuple(self._found())

    def modules(self) -> tuple[str, ...]:
        """Return the top-level modules of all implementations, sorted; imports nothing."""
        points = [point for points in self._found().values() for point in points]
        return tuple(sorted({point.module.partition(".")[0] for point in points}))

    def load(self, name: str) -> type[T]:
        """Return the class of an implementation.

        Raises:
            RegistryError: There is none of this name, or several; or it cannot be imported, is no
                subclass of the interface, lacks a method of it, or declares something impossible.
        """
        points = self._found().get(name, [])
        if not points:
            raise RegistryError(self._unknown(name))
        return self._only(points)

    def load_all(self) -> tuple[dict[str, type[T]], dict[str, str]]:
        """Return all classes that can be used, and why the others cannot, each by name.

        A package whose entry points cannot be read is a problem under its own name.
        """
        usable: dict[str, type[T]] = {}
        found, problems = read_entry_points(self.group)
        for name, points in _by_name(found).items():
            try:
                usable[name] = self._only(points)
            except RegistryError as error:
                problems[name] = str(error)
        return usable, problems

    def package(self, name: str) -> str:
        """Return the package that provides a name; several with commas, empty if there is none."""
        return ", ".join(sorted(package_of(point) for point in self._found().get(name, [])))

    def problems(self) -> dict[str, str]:
        """Return why implementations cannot be used, by name; imports all of them."""
        return self.load_all()[1]

    def _only(self, points: list[EntryPoint]) -> type[T]:
        """Return the class of the only entry point of a name."""
        if len(points) > 1:
            packages = sorted({package_of(point) for point in points})
            what = f"the {self.kind} {points[0].name!r}"
            if len(packages) == 1:
                raise RegistryError(
                    f"{packages[0]} provides {what} {len(points)} times: expected one entry point"
                )
            raise RegistryError(
                f"{' and '.join(packages)} both provide {what}: uninstall one of them"
            )
        return self._checked(points[0])

    def _unknown(self, name: str) -> str:
        hint = did_you_mean(name, self.names())
        known = ", ".join(self.names()) or "none is installed"
        return f"unknown {self.kind} {name!r}; expected one of: {known}{hint}"

    def _checked(self, point: EntryPoint) -> type[T]:
        what = f"the {self.kind} {point.name!r} of the package {package_of(point)}"
        try:
            loaded = point.load()
        except (Exception, SystemExit) as error:  # Code of other packages raises anything.
            raise RegistryError(f"{what} {_import_failure(point, error)}") from error
        module, _, attribute = self.interface.partition(":")
        interface: type[T] = getattr(importlib.import_module(module), attribute)
        if not (isinstance(loaded, type) and issubclass(loaded, interface)):
            raise RegistryError(
                f"{what} is {point.value}, which is no subclass of {interface.__name__}: expected "
                f"a class that derives from {module}.{attribute}"
            )
        if inspect.isabstract(loaded):
            lacking = ", ".join(sorted(getattr(loaded, "__abstractmethods__", ())))
            raise RegistryError(f"{what} lacks what every {self.kind} has: {lacking}")
        if fault := _declaration_fault(loaded):
            raise RegistryError(f"{what} {fault}")
        return loaded


def _by_name(points: Sequence[EntryPoint]) -> dict[str, list[EntryPoint]]:
    found: dict[str, list[EntryPoint]] = {}
    for point in points:
        found.setdefault(point.name, []).append(point)
    return found


def _declaration_fault(loaded: Any) -> str:
    declared = getattr(loaded, "declaration_fault", None)
    try:
        return str(declared()) if declared is not None else ""
    except Exception as error:  # As in an import.
        return f"cannot be checked: {_in_one_line(error)}"


def _import_failure(point: EntryPoint, error: BaseException) -> str:
    own = point.value.partition(":")[0].strip().partition(".")[0]
    if isinstance(error, ModuleNotFoundError) and error.name and error.name.split(".")[0] != own:
        return f"needs the Python module {error.name!r}, which is not installed"
    return f"({point.value}) cannot be imported: {_in_one_line(error)}"


def _in_one_line(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())
