# SPDX-License-Identifier: Apache-2.0
"""Settings of the sources that share the face, and the YAML file that declares them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from x2c_core.control_space.controls import Values
from x2c_core.control_space.regions import REGIONS, mask_from_text
from x2c_core.errors import X2CError
from x2c_core.files.bounded_yaml import load_yaml_file
from x2c_core.system.fields import filled, parameter
from x2c_imitation.errors import MixerError

BUILT_IN = Path(__file__).parent / "sources.yaml"
"""Declaration of the project's own sources."""

MOST_SOURCES = 32
"""Number of sources, declared and announced, above which a new one is refused."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")


@dataclass(frozen=True)
class SourceSettings:
    """Rank and timing of one source; the defaults are those of a source that is not declared."""

    priority: int = parameter(
        25,
        "Rank: the higher one is seen where several ask for a control; imitation is below all.",
        minimum=-1000,
        maximum=1000,
    )
    timeout: float = parameter(
        0.5,
        "Silence after which the source counts as gone [s].",
        minimum=0.02,
        maximum=60.0,
    )
    fade_in: float = parameter(
        0.2, "Time in which the source takes a control over [s].", minimum=0.0, maximum=10.0
    )
    fade_out: float = parameter(
        0.4, "Time in which it lets a control go [s].", minimum=0.02, maximum=10.0
    )
    regions: str = parameter(
        ",".join(REGIONS),
        "Regions that the source may move, with the most of them that it gets: 'mouth,head=0.3'.",
    )

    @property
    def reach(self) -> Values:
        """(30,) highest mask that the source gets.

        Raises:
            ControlError: A region is unknown, or its strength is not from 0 to 1.
        """
        return mask_from_text(self.regions)


def check_name(name: str) -> str:
    """Return the name of a source, as it is the last part of its topic.

    Raises:
        MixerError: It cannot be part of a topic's name.
    """
    if not _NAME.fullmatch(name):
        raise MixerError(
            f"{name!r} is no name of a source: expected letters, digits and _, a letter first"
        )
    return name


def declared_sources(file: str) -> dict[str, SourceSettings]:
    """Return the settings in a YAML file by the names of the sources.

    Args:
        file: Path of the file; empty for the built-in declaration.

    Raises:
        MixerError: It cannot be read, or declares something that cannot be; the text names it.
    """
    return read_sources(Path(file).expanduser() if file else BUILT_IN)


def read_sources(path: Path) -> dict[str, SourceSettings]:
    """Return the settings in a YAML file by the names of the sources.

    Raises:
        MixerError: It cannot be read, or declares something that cannot be; the text names it.
    """
    try:
        content = load_yaml_file(path)
    except (OSError, ValueError) as error:
        raise MixerError(f"cannot read the sources in {path}: {error}") from error
    if not isinstance(content, Mapping) or set(content) != {"sources"}:
        raise MixerError(f"{path}: expected one key, 'sources'")
    declared = content["sources"] or {}
    if not isinstance(declared, Mapping):
        raise MixerError(f"{path}: sources: expected names of sources with their settings")
    if len(declared) > MOST_SOURCES:
        raise MixerError(f"{path}: expected {MOST_SOURCES} sources at most, got {len(declared)}")
    return {check_name(str(name)): _settings(path, name, told) for name, told in declared.items()}


def _settings(path: Path, name: Any, told: Any) -> SourceSettings:
    values = {} if told is None else told
    if not isinstance(values, Mapping):
        raise MixerError(f"{path}: {name}: expected settings by name, got {told!r}")
    try:
        made = filled(SourceSettings, {str(key): value for key, value in values.items()})
        # Refused now rather than when the source appears.
        _ = made.reach
    except X2CError as error:
        raise MixerError(f"{path}: {name}: {error}") from error
    return made
