# SPDX-License-Identifier: Apache-2.0
"""The frame of every page: style, script, tiles, tables."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib import resources
from typing import Any

_HERE = "x2c_evaluation.offline.page"


def page(title: str, body: str, versions: Mapping[str, Any], terms: Iterable[str] = ()) -> str:
    """Return a whole page that needs nothing else.

    Args:
        title: Title of the browser's window.
        body: HTML.
        versions: Told at the end.
        terms: Names of `TERMS` that are explained at the end.
    """
    known = ", ".join(f"{name} {value}" for name, value in versions.items() if value)
    explained = "".join(f"<dt>{name}</dt><dd>{TERMS[name]}</dd>" for name in terms)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_text('style.css')}</style></head><body><main>"
        f"{body}<footer><dl>{explained}</dl><p>{escape(known)}</p></footer></main>"
        f"<script>{_text('script.js')}</script></body></html>\n"
    )


TERMS = {
    "control error": "Mean absolute difference of control values, each scaled from its upstream "
    "range to [-1, 1] (X2C, arXiv 2505.11146). Gaze is left out where both upper lids of the "
    "reference are below 0. Only frames in which the robot follows the person are compared.",
    "jitter": "Root mean square of the scaled control values about a straight line, over half "
    "seconds in which no descriptor of the person's face deviates more than its noise floor.",
    "jerk": "Root mean square of the third derivative of the scaled control values.",
    "beyond its speed limit": "The control values ask a joint to move faster between "
    "two frames than its velocity limit; actuation slows it down.",
    "change": "B less A. Green is better, red is worse.",
    "difference": "Control error of B against A on the frames of the same stamp.",
}
"""Explanations of figures."""


def tile(value: str, name: str, kind: str = "") -> str:
    """Return a headline figure; of the kind "change" it may be longer."""
    return f'<div class="tile {kind}"><b>{escape(value)}</b><span>{escape(name)}</span></div>'


def table(head: Sequence[str], rows: Iterable[Sequence[str]], escaped: bool = False) -> str:
    """Return a table; a wide one can be scrolled.

    Args:
        head: Names of the columns; empty for none.
        rows: Texts of the cells.
        escaped: Whether cells are HTML already.
    """
    put = (lambda text: text) if escaped else escape
    top = "".join(f"<th>{escape(one)}</th>" for one in head)
    body = "".join(f"<tr>{''.join(f'<td>{put(one)}</td>' for one in row)}</tr>" for row in rows)
    return f'<div class="scroll"><table>{f"<tr>{top}</tr>" if top else ""}{body}</table></div>'


def image(data: bytes, name: str) -> str:
    """Return a JPEG as part of the page; a place without an image where there is none."""
    if not data:
        return f"<figure><figcaption>no image of {escape(name)}</figcaption></figure>"
    code = base64.b64encode(data).decode("ascii")
    return (
        f'<figure><img alt="{escape(name)}" src="data:image/jpeg;base64,{code}">'
        f"<figcaption>{escape(name)}</figcaption></figure>"
    )


def badge(text: str, kind: str = "") -> str:
    """Return a short word in a coloured field: good, warn, bad, or neither."""
    return f'<span class="badge {kind}">{escape(text)}</span>'


def _text(name: str) -> str:
    return resources.files(_HERE).joinpath(name).read_text(encoding="utf-8")
