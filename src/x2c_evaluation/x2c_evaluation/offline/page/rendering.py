# SPDX-License-Identifier: Apache-2.0
"""Templates of the pages: text stands in files, and every value in HTML is escaped."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from x2c_core.control_space.controls import Group


def render(template: str, **values: Any) -> str:
    """Return a page.

    Args:
        template: File name of its template.
        values: Values by the names that the template uses.
    """
    return _environment().get_template(template).render(values)


def load(*templates: str) -> None:
    """Compile templates, which takes longer than to render them.

    Args:
        templates: File names.
    """
    for template in templates:
        _environment().get_template(template)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("x2c_evaluation.offline.page"),
        # Markdown is for this project's own documentation.
        autoescape=select_autoescape(disabled_extensions=("md",), default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"number": number, "short": short, "axis": "{:.6g}".format}
    environment.globals["GROUPS"] = [str(group) for group in Group]
    return environment


def number(value: float | None, digits: int) -> str:
    """Return a number with some digits behind the point; "-" for none."""
    return "-" if value is None else f"{value:.{digits}f}"


def short(value: float) -> str:
    """Return a number for the end of an axis."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("", "-0") else text
