# SPDX-License-Identifier: Apache-2.0
"""One line that says how a running graph is doing."""

from __future__ import annotations

import math
from collections.abc import Mapping

from x2c_node.diagnostics import Diagnosis, Level

LATENCY = "camera to command"
"""Name of the time from the camera's stamp to the joint command in actuation_node's diagnostics.
"""

_SOURCES = ("camera_node", "bag_player_node")
"""Nodes that give images."""

_SILENT = Diagnosis(Level.STALE, "")


def live_line(diagnoses: Mapping[str, Diagnosis], width: int = 0) -> str:
    """Return rates, share of faces, latency and state, and the first trouble there is.

    Args:
        diagnoses: Last diagnostics of the nodes, by name.
        width: Number of columns; figures are left out for state and trouble to fit. 0 for any.
    """
    tracker = diagnoses.get("face_tracker_node", _SILENT)
    actuation = diagnoses.get("actuation_node", _SILENT)
    camera = next((diagnoses[name] for name in _SOURCES if name in diagnoses), _SILENT)
    face = diagnoses.get("imitation_node", _SILENT).values.get("face", "starting")
    if tracker.values.get("neutral") == "estimated" and face == "tracking":
        face = f"{face}, neutral face {tracker.values['neutral sureness']} sure"
    p50, p99 = (number(actuation, f"{LATENCY} {part} [ms]") for part in ("p50", "p99"))
    images = f"camera {_text(number(camera, 'image rate [Hz]'), '.1f')} Hz"
    commands = f"commands {_text(number(actuation, 'commands rate [Hz]'), '.1f')} Hz"
    found = f"face found {_text(share_found(tracker) * 100.0, '.0f')} %"
    latency = f"latency {_text(p50, '.1f')} ms"
    trouble = first_trouble(diagnoses)
    ends = [face, trouble] if trouble else [face]
    line = ""
    for figures in (
        [images, commands, found, f"{latency} (p99 {_text(p99, '.1f')})"],
        [images, commands, found, latency],
        [images, found, latency],
        [found, latency],
        [latency],
        [],
    ):
        line = " | ".join([*figures, *ends])
        if not width or len(line) <= width:
            return line
    return f"{line[: width - 1]}…"


def share_found(tracker: Diagnosis) -> float:
    """Return the share of images with a face; NaN where there were no images."""
    images, faces = number(tracker, "image total"), number(tracker, "face total")
    if not images > 0:
        return math.nan
    # What has never happened is not counted.
    return 0.0 if math.isnan(faces) else faces / images


def first_trouble(diagnoses: Mapping[str, Diagnosis]) -> str:
    """Return the first complaint, in the order of the nodes; empty where all is well."""
    for diagnosis in diagnoses.values():
        if diagnosis.level in (Level.WARN, Level.ERROR):
            return diagnosis.message
    return ""


def number(diagnosis: Diagnosis, name: str) -> float:
    """Return a value of a diagnosis as a number; NaN where it is none."""
    try:
        return float(diagnosis.values.get(name, "nan"))
    except ValueError:
        return math.nan


def _text(value: float, form: str) -> str:
    return "–" if math.isnan(value) else format(value, form)  # noqa: RUF001
