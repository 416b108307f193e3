# SPDX-License-Identifier: Apache-2.0
"""Declarations that imitation backends and motion transfers share: options and needs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeVar

from x2c_core.errors import X2CError
from x2c_core.face.frames import Face
from x2c_core.system.failures import described
from x2c_core.system.fields import FieldError, NoOptions, filled, options_fault
from x2c_core.system.registry import Registry
from x2c_imitation.errors import ImitationError
from x2c_imitation.pipeline.observation import PUBLISHED, Need

T = TypeVar("T", bound="Implementation")


class Implementation(ABC):
    """Base of classes that are found by name, take options, and work from observations.

    Attributes:
        Options: Frozen dataclass of the options, its fields made by
            `x2c_core.system.fields.parameter`.
        needs: Inputs needed beside the landmarks, which always come; an instance may need more
            or less than its class says.
    """

    Options: ClassVar[type[Any]] = NoOptions
    needs: frozenset[Need] = frozenset()

    @abstractmethod
    def calibrate(self, neutral: Face) -> None:
        """Take a face as the person's neutral one; it is shown as the robot's neutral face.

        Raises:
            X2CError: The face cannot be used; the former neutral face stays.
        """

    @property
    @abstractmethod
    def is_calibrated(self) -> bool:
        """True if the person's neutral face is known."""

    @classmethod
    def slow_loading(cls, options: Any) -> str:
        """Return how long loading takes, as one clause for the log; empty where it is seconds.

        Args:
            options: Instance of the class's `Options`.
        """
        return ""

    @classmethod
    def declaration_fault(cls) -> str:
        """Return what the class declares that is impossible, as one clause; empty if nothing."""
        needs: object = cls.needs
        if not isinstance(needs, frozenset) or not all(isinstance(one, Need) for one in needs):
            return f"has the needs {needs!r}: expected a frozenset of Need"
        if unmet := ", ".join(sorted(needs - PUBLISHED)):
            return f"needs {unmet}, which the face tracker does not publish yet"
        return options_fault(cls.Options)


def chosen_options(registry: Registry[T], name: str, options: Mapping[str, Any] | None) -> Any:
    """Return an instance of the options of an implementation.

    Args:
        registry: Registry of such implementations.
        name: Name of the implementation.
        options: Values by name; None for the defaults.

    Raises:
        RegistryError: There is no usable implementation of this name.
        ImitationError: There is no such option, or its value cannot be used.
    """
    try:
        return filled(registry.load(name).Options, options or {})
    except FieldError as error:
        raise ImitationError(f"{registry.kind} {name}: {error}") from error


def make(
    registry: Registry[T],
    name: str,
    options: Mapping[str, Any] | None,
    maker: Callable[[type[T], Any], T],
) -> T:
    """Return an instance of the implementation of a name.

    Args:
        registry: Registry of such implementations.
        name: Name of the implementation.
        options: Values of its options by name; None for the defaults.
        maker: Makes the instance from class and options.

    Raises:
        RegistryError: There is no usable implementation of this name.
        ImitationError: There is no such option, its value cannot be used, or the implementation
            of another package fails.
        X2CError: As the implementation raises it.
    """
    cls = registry.load(name)
    what = f"{registry.kind} {name}"
    chosen = chosen_options(registry, name, options)
    try:
        return maker(cls, chosen)
    except X2CError:
        raise
    except Exception as error:  # Code of other packages raises anything.
        raise ImitationError(f"{what} cannot be made: {described(error)}") from error
