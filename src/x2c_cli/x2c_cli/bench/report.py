# SPDX-License-Identifier: Apache-2.0
"""Tables of the measurements."""

from __future__ import annotations

import dataclasses
import json
import os
import platform
import statistics
from collections.abc import Sequence
from pathlib import Path

from x2c_cli.bench.run import Result
from x2c_core.files.results import replacing

_BUSY = 0.9
"""Share of the processor from which it counts as used up."""

_CROWDED = 1.5
"""Load for each core from which others must be waiting for it too."""


def limit(result: Result) -> str:
    """Return what is known of the limit of a rate, and whether the figures can be trusted."""
    cores = len(os.sched_getaffinity(0))
    slowest = max(result.steps, key=lambda name: result.steps[name], default="none")
    took = result.steps.get(slowest, 0.0)
    said = (
        f"The longest step is '{slowest}' with {took:.1f} ms; "
        f"{result.cores:.2f} of {cores} cores were used."
    )
    if result.load > _CROWDED * cores:
        return (
            f"{said} Other programs wanted the cores too (load {result.load:.1f}): measure again "
            "on an idle machine, these figures are no measure of this program."
        )
    if result.cores > _BUSY * cores:
        return f"{said} That is nearly all there are: the processor is the limit."
    return said


NO_MIXER = ", no mixer"
"""End of the name of a setting without the mixer that is otherwise the one before it."""


def mixer_cost(results: Sequence[Result]) -> list[str]:
    """Return by how much the mixer delays joint commands, a line for each setting measured twice.

    Args:
        results: Measurements, those without the mixer with the end `NO_MIXER` of their names.
    """
    times: dict[str, list[float]] = {}
    for result in results:
        times.setdefault(result.name, []).append(result.p50)
    lines = []
    for name, without in times.items():
        if not name.endswith(NO_MIXER):
            continue
        named = name.removesuffix(NO_MIXER)
        costs = [one - other for one, other in zip(times[named], without, strict=True)]
        lines.append(
            f"{named}: the mixer takes {statistics.median(costs):+.2f} ms of the p50 (median of "
            f"{len(costs)}, {min(costs):+.2f} to {max(costs):+.2f})"
        )
    return lines


def write(path: Path, video: str, results: Sequence[Result]) -> None:
    """Write all figures as JSON.

    Raises:
        OutputError: The file cannot be written.
    """
    content = {
        "video": video,
        "machine": platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
        "settings": [dataclasses.asdict(result) for result in results],
        "limit": limit(max(results, key=lambda result: result.answers)),
    }
    with replacing(path) as partial:
        partial.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
