# SPDX-License-Identifier: Apache-2.0
"""What is told of the measurements."""

from __future__ import annotations

import dataclasses
import json
import os
import platform
from collections.abc import Sequence
from pathlib import Path

from x2c_bringup.bench.run import Result
from x2c_bringup.errors import OutputError

_BUSY = 0.9
"""Share of the processor from which it counts as used up."""


def limit(result: Result) -> str:
    """Return one sentence about what limits the rate of an unpaced run."""
    cores = len(os.sched_getaffinity(0))
    slowest = max(result.steps, key=lambda name: result.steps[name], default="")
    took = result.steps.get(slowest, 0.0)
    said = f"The longest step is '{slowest}' with {took:.1f} ms"
    if result.cores > _BUSY * cores:
        return f"{said}; all {cores} cores are busy ({result.cores:.2f}), which is the limit."
    return (
        f"{said}, one image after the other; of {cores} cores {result.cores:.2f} are used, so "
        "more cores would not make it faster."
    )


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
        "limit": limit(results[-1]),
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror}") from error
