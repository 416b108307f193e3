# SPDX-License-Identifier: Apache-2.0
"""Details of actuation on `/diagnostics`."""

from __future__ import annotations

from collections.abc import Sequence

from x2c_actuation.pipeline.actuation_pipeline import ActuationPipeline


def diagnosis_values(
    pipeline: ActuationPipeline, names: Sequence[str], asserting: str, now: float
) -> dict[str, str]:
    """Return what the joints follow and why, ages, errors and counts, by name.

    Args:
        pipeline: Pipeline to report.
        names: Names of the joints.
        asserting: Sources that assert the emergency stop.
        now: The time of the pipeline's clock [s].
    """
    state_machine = pipeline.state_machine
    values = {"mode": state_machine.state.name.lower(), "reason": pipeline.reason}
    for name, age in (
        ("control values", state_machine.input_age(now)),
        ("joint states", pipeline.feedback.age(now)),
    ):
        values[f"age of {name} [s]"] = "none came" if age is None else f"{age:.3f}"
    errors = pipeline.feedback.errors
    if errors is not None:
        for name, error in zip(names, errors, strict=True):
            if error:
                values[f"tracking error: {name}"] = f"{error:.4g}"
    for name, away in pipeline.elsewhere.items():
        values[f"began away from where it was sent: {name}"] = f"{away:.4g}"
    values["pressing the emergency stop"] = asserting or "none"
    values["plans refused"] = str(pipeline.motion.refused)
    counts = {**pipeline.counts, "late ticks": pipeline.totals["late ticks"]}
    values.update({name: str(count) for name, count in sorted(counts.items())})
    return values
