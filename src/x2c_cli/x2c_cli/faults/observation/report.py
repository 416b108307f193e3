# SPDX-License-Identifier: Apache-2.0
"""Report of faults: a table, and the same as JSON."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass

from x2c_cli.faults.observation.motion_log import Change, Event
from x2c_cli.faults.observation.verdict import LimitVerdict
from x2c_core.files.results import ResultsFolder

TABLE, FIGURES = "README.md", "faults.json"

_COLUMNS = (
    "fault",
    "velocity",
    "acceleration",
    "jerk",
    "across states",
    "servos",
    "outside",
    "commands",
    "good",
)
_INTRODUCTION = (
    "Each fault is put into the running pipeline: the nodes as processes, the built-in performer "
    "in front of the camera, the virtual face or emulated servos as the robot. Velocity, "
    "acceleration and jerk are the highest of all joints as sent, in percent of the joint's "
    "limit. *Across states* is the highest speed from the last command of one state, or of one "
    "life of the node, to the first of the next. *Servos* is the highest speed at which emulated "
    "servos really turned, over 0.1 s with 0.05 s of grace. *Outside* is how far a position "
    "passed its limits, in percent of the range."
)


@dataclass(frozen=True)
class FaultOutcome:
    """Result of one fault.

    Attributes:
        name: Name of the scenario.
        title: For people.
        image: Name of its image; empty for none.
        events: Events in the scenario.
        changes: The states that actuation entered.
        verdict: Whether joints stayed inside their limits.
        failure: Reason of failure; empty if it passed.
    """

    name: str
    title: str
    image: str
    events: Sequence[Event]
    changes: Sequence[Change]
    verdict: LimitVerdict
    failure: str

    @property
    def good(self) -> bool:
        """True if the scenario passed within the limits."""
        return self.verdict.inside and not self.failure


def story(events: Sequence[Event], changes: Sequence[Change]) -> str:
    """Return in one line what was done, and what actuation did, with times."""
    entries = [(event.time, f"**{event.text}**") for event in events]
    entries += [(change.time, change.state.name.lower()) for change in changes]
    # What follows is only of interest once something was done.
    first = min((event.time for event in events), default=0.0)
    return ", ".join(f"{time:.2f} s {text}" for time, text in sorted(entries) if time >= first)


def write(results: ResultsFolder, outcomes: Sequence[FaultOutcome], command: str) -> None:
    """Write the table and the figures.

    Raises:
        OutputError: They cannot be written.
    """
    results.write_text(TABLE, _page(outcomes, command))
    content = [_plain(outcome) for outcome in outcomes]
    results.write_text(FIGURES, json.dumps(content, indent=1) + "\n")


def _page(outcomes: Sequence[FaultOutcome], command: str) -> str:
    lines = [
        "<!-- SPDX-License-Identifier: Apache-2.0 -->",
        "# Faults, and what the joints did",
        "",
        f"    {command}",
        "",
        _INTRODUCTION,
        "",
        f"| {' | '.join(_COLUMNS)} |",
        "|---" * len(_COLUMNS) + "|",
    ]
    for one in outcomes:
        verdict = one.verdict
        shares = (
            verdict.velocity,
            verdict.acceleration,
            verdict.jerk,
            verdict.seams,
            verdict.actual,
            verdict.outside,
        )
        figures = " | ".join("" if share is None else f"{100.0 * share:.1f} %" for share in shares)
        answer = "yes" if one.good else f"**no** {one.failure}".strip()
        lines.append(f"| {one.title} | {figures} | {verdict.commands} | {answer} |")
    for one in outcomes:
        lines += [
            "",
            f"## {one.title[0].upper()}{one.title[1:]}",
            "",
            story(one.events, one.changes) + ".",
        ]
        if one.image:
            lines += ["", f"![{one.title}]({one.image})"]
    return "\n".join(lines) + "\n"


def _plain(outcome: FaultOutcome) -> dict[str, object]:
    content = dataclasses.asdict(outcome)
    content["changes"] = [
        {"time": change.time, "state": change.state.name, "reason": change.reason}
        for change in outcome.changes
    ]
    return content | {"good": outcome.good}
