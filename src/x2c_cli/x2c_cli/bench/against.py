# SPDX-License-Identifier: Apache-2.0
"""Measure the present commit and another revision in turn."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from x2c_cli.bench.comparison import RevisionComparison, rows, turns
from x2c_cli.bench.measurements import Figures, measure
from x2c_cli.bench.revisions import Revision, commit_of, install, repository
from x2c_perception.performer.truth import performer_video

_PRESENT = "present"
"""Name of the folder for the present commit."""


def compare(
    name: str,
    video: str,
    seconds: float,
    rounds: int,
    checkouts: Path | None,
    report: Callable[[str], None],
) -> RevisionComparison:
    """Install and measure the present commit and another revision.

    Args:
        name: Commit, tag or branch to compare with.
        video: Video for all measurements, or 'performer' for this version's built-in performer.
        seconds: Duration of each measurement of the graph [s].
        rounds: Measurements of each revision.
        checkouts: Folder for the checkouts, which stay; None for a temporary one.
        report: Function that is given what is being done.

    Raises:
        RevisionError: A revision cannot be found, installed or built.
    """
    root = repository(Path(__file__))
    other = commit_of(root, name)
    # The present commit is another one every time; its installation is kept up to date.
    wanted = [(name, other, other), ("HEAD", commit_of(root, "HEAD"), _PRESENT)]
    path = performer_video() if video == "performer" else Path(video)
    with ExitStack() as stack:
        folder = checkouts or Path(stack.enter_context(tempfile.TemporaryDirectory("-x2c")))
        revisions: list[Revision] = []
        for one, commit, place in wanted:
            report(f"installing {one} ({commit}) in {folder / place}")
            revisions.append(install(root, one, commit, folder.resolve() / place))
        measured: tuple[list[Figures], list[Figures]] = ([], [])
        load = 0.0
        for count, order in enumerate(turns(rounds), 1):
            for which in order:
                report(f"round {count} of {rounds}: measuring {revisions[which].name}")
                load = max(load, os.getloadavg()[0])
                with tempfile.TemporaryDirectory("-x2c") as results:
                    figures = measure(
                        revisions[which], str(path.resolve()), seconds, Path(results)
                    )
                measured[which].append(figures)
        # An installation is measured once, whatever the number of rounds.
        for which, revision in enumerate(revisions):
            measured[which][0].update(revision.set_up)
        names = tuple(f"{one.name} ({one.commit})" for one in revisions)
        return RevisionComparison(names[0], names[1], str(path), load, rows(*measured))
