# SPDX-License-Identifier: Apache-2.0
"""Tables of the measurements."""

from __future__ import annotations

import dataclasses
import json
import os
import platform
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
