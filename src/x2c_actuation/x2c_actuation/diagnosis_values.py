# SPDX-License-Identifier: Apache-2.0
"""The details of actuation, as `/diagnostics` tells them."""

from __future__ import annotations

from collections.abc import Sequence

from x2c_actuation.pipeline.actuation_pipeline import Chain


def diagnosis_values(
    chain: Chain, names: Sequence[str], pressing: str, now: float
) -> dict[str, str]:
    """Return what the joints follow and why, ages, errors and counts, by name.

    Args:
        chain: Of which to tell.
        names: Of the joints.
        pressing: Who presses the emergency stop.
        now: The time by which the chain goes [s].
    """
    machine = chain.machine
    values = {"mode": machine.state.name.lower(), "reason": chain.reason}
    for name, age in (
        ("control values", machine.input_age(now)),
        ("joint states", chain.feedback.age(now)),
    ):
        values[f"age of {name} [s]"] = "none came" if age is None else f"{age:.3f}"
    errors = chain.feedback.errors
    if errors is not None:
        for name, error in zip(names, errors, strict=True):
            if error:
                values[f"tracking error: {name}"] = f"{error:.4g}"
    for name, away in chain.elsewhere.items():
        values[f"began away from where it was sent: {name}"] = f"{away:.4g}"
    values["pressing the emergency stop"] = pressing or "nobody"
    values["plans refused"] = str(chain.motion.refused)
    counts = {**chain.counts, "late ticks": chain.totals["late ticks"]}
    values.update({name: str(count) for name, count in sorted(counts.items())})
    return values
