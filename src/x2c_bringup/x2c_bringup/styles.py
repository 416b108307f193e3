# SPDX-License-Identifier: Apache-2.0
"""Styles of imitation: named sets of gains by region of the face."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from x2c_bringup.errors import SettingsFileError
from x2c_bringup.shared_files import shared_file
from x2c_core.control_space.controls import Group
from x2c_core.files.entries import Entries, Range
from x2c_core.files.input_limits import YAML_BYTES
from x2c_core.files.located_yaml import read_yaml
from x2c_core.files.regular_files import read_text

NODE = "actuation_node"
"""Node whose parameters a style sets."""

_GAINS = Range(0.0, 3.0)
_LONGEST = 40

Style = Mapping[str, float]
"""Values of the parameters of NODE, by name; all gains are there."""


def styles_file() -> Path:
    """Return the installed file of styles."""
    return shared_file("config", "styles.yaml")


def read_styles(path: Path) -> dict[str, Style]:
    """Return the styles in a file, by name and in its order.

    Args:
        path: YAML with the gains of each style by region; regions that are not there have 1.

    Raises:
        SettingsFileError: The file cannot be read; the text names all mistakes with their lines.
    """
    try:
        located = read_yaml(read_text(path, YAML_BYTES))
    # Passed limits and texts that are no YAML are ValueErrors.
    except (OSError, ValueError) as error:
        raise SettingsFileError(f"cannot read the styles in {path}: {error}") from error
    entries = Entries(located)
    styles: dict[str, dict[str, float]] = {}
    for name, gains in entries.mapping(located.content, "").items():
        if not isinstance(name, str) or not 0 < len(name) <= _LONGEST or not name.isprintable():
            entries.note(str(name), f"expected the name of a style, got {name!r:.80}")
            continue
        given = entries.mapping(gains, name)
        entries.only(given, list(Group), name)
        styles[name] = {
            f"gain_{group}": entries.number(given.get(group, 1.0), _GAINS, f"{name}.{group}")
            or 0.0
            for group in Group
        }
    if not styles and not entries.mistakes:
        entries.note("", "expected at least one style")
    if entries.mistakes:
        told = "; ".join(map(str, sorted(entries.mistakes)))
        raise SettingsFileError(f"mistakes in the styles in {path}: {told}")
    return dict(styles)


def style_of(styles: Mapping[str, Style], gains: Mapping[str, float]) -> str:
    """Return the name of the style with these gains; empty if none has them.

    Args:
        styles: Styles by name.
        gains: Present values of the parameters of NODE, by name.
    """
    return next((name for name, style in styles.items() if style.items() <= gains.items()), "")
