# SPDX-License-Identifier: Apache-2.0
"""Imitation backends of all installed packages, by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from x2c_core.robot.robot import Robot
from x2c_core.system.fields import FieldError, from_text, specs
from x2c_core.system.registry import Registry
from x2c_imitation.errors import ImitationError
from x2c_imitation.pipeline.imitator import Imitator
from x2c_imitation.pipeline.implementation import make

DEFAULT_BACKEND = "solver"
"""Backend that is used where none is named; it needs no weights."""

BACKENDS: Registry[Imitator] = Registry(
    "x2c.imitation_backends",
    "imitation backend",
    "x2c_imitation.pipeline.imitator:Imitator",
)
"""Imitation backends of all installed packages."""


def option_class(backend: str) -> type[Any]:
    """Return the dataclass of a backend's options.

    Raises:
        RegistryError: There is no usable backend of this name.
    """
    return BACKENDS.load(backend).Options


def option_classes() -> dict[str, type[Any]]:
    """Return the dataclass of options of every usable backend, by name."""
    # A backend that cannot be used is refused when it is chosen; 'x2c doctor' lists it.
    return {name: cls.Options for name, cls in BACKENDS.load_all()[0].items()}


def make_imitator(
    backend: str, robot: Robot, options: Mapping[str, Any] | None = None
) -> Imitator:
    """Return the imitator of a backend for a robot, ready to be calibrated.

    Args:
        backend: Name of the backend.
        robot: Robot to imitate with.
        options: Values of the backend's options by name; None for the defaults.

    Raises:
        RegistryError: There is no usable backend of this name.
        ImitationError: An option or the network cannot be used.
        RobotError: The robot's folder lacks what the backend needs.
    """
    return make(BACKENDS, backend, options, lambda cls, chosen: cls.for_robot(robot, chosen))


@dataclass(frozen=True)
class BackendOption:
    """An option of imitation backends, as users read it.

    Attributes:
        name: Name of the option.
        description: One sentence for each backend that has it, with the backend's name.
        default: Default as text.
        choices: Texts allowed; empty for any.
    """

    name: str
    description: str
    default: str
    choices: tuple[str, ...]


def option_texts() -> tuple[BackendOption, ...]:
    """Return the options of every usable backend; those of one name are one option."""
    found: dict[str, BackendOption] = {}
    for backend, options in option_classes().items():
        for name, (kind, default, spec) in specs(options).items():
            sentence = f"{spec.description.removesuffix('.')} (backend {backend})."
            text = str(default).lower() if kind is bool else str(default)
            choices = ("true", "false") if kind is bool else spec.choices
            if name in found:
                # Each backend checks its own range and choices.
                sentence, choices = f"{found[name].description} {sentence}", ()
            found[name] = BackendOption(name, sentence, text, choices)
    return tuple(found.values())


def options_from_texts(backend: str, texts: Mapping[str, str]) -> dict[str, Any]:
    """Return the values of a backend's options that are given as texts.

    Args:
        backend: Name of the backend.
        texts: Texts by the option's name.

    Raises:
        RegistryError: There is no usable backend of this name.
        ImitationError: The backend has no such option, or its value cannot be used.
    """
    if not texts:
        return {}
    known = option_class(backend)
    try:
        return {name: from_text(known, name, text) for name, text in texts.items()}
    except FieldError as error:
        foreign = sorted(texts.keys() - specs(known).keys())
        others = [one for one, cls in option_classes().items() if {*foreign} & specs(cls).keys()]
        hint = f" ({foreign[0]} is an option of {', '.join(others)})" if others else ""
        raise ImitationError(f"backend {backend}: {error}{hint}") from error
