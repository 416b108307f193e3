# SPDX-License-Identifier: Apache-2.0
"""Files that a soak leaves: samples as CSV, curves as PNG, growth as Markdown."""

from __future__ import annotations

import csv
from collections.abc import Sequence

from matplotlib.figure import Figure

from x2c_cli.faults.soak.soak import UsageSample, growth
from x2c_core.files.results import ResultsFolder
from x2c_core.images.figure_theme import HUES, INK, plain

SAMPLES, CURVES, TABLE = "samples.csv", "curves.png", "README.md"

_EXPLANATION = (
    "Growth is from the second fifth of the time to the last: of the median memory [MB], and of "
    "the largest number of threads and open files (sockets and pipes included). Memory is that of "
    "the process itself. What it shares with others is the middleware's, in segments of a fixed "
    "size, of which a process touches more when it was late once."
)

_QUANTITIES = (
    ("memory", "memory [MB]"),
    ("shared", "shared memory [MB]"),
    ("threads", "threads"),
    ("files", "open files"),
)


def write(
    results: ResultsFolder, samples: Sequence[UsageSample], title: str, command: str
) -> None:
    """Write all files.

    Args:
        results: Folder to write to.
        samples: Samples of the processes.
        title: Title for people, with duration and outcome.
        command: Command that made it.

    Raises:
        OutputError: They cannot be written.
    """
    with results.writing():
        with (results.work / SAMPLES).open("w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow(["time [s]", "process", *(label for _, label in _QUANTITIES)])
            for one in samples:
                used = one.usage
                row = [f"{one.time:.1f}", one.name, f"{used.memory:.2f}", f"{used.shared:.2f}"]
                rows.writerow([*row, used.threads, used.files])
        draw(samples, title).savefig(results.work / CURVES, dpi=80)
    results.write_text(TABLE, page(samples, title, command))


def page(samples: Sequence[UsageSample], title: str, command: str) -> str:
    """Return the page in Markdown."""
    lines = [
        "<!-- SPDX-License-Identifier: Apache-2.0 -->",
        f"# Soak: {title}",
        "",
        f"    {command}",
        "",
        _EXPLANATION,
        "",
        "| process | memory | growth | shared | growth | threads | growth | files | growth |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for one in growth(samples):
        last = [sample.usage for sample in samples if sample.name == one.name][-1]
        memory = f"{last.memory:.1f} | {one.memory:+.2f} | {last.shared:.1f} | {one.shared:+.2f}"
        counts = f"{last.threads} | {one.threads:+d} | {last.files} | {one.files:+d}"
        lines.append(f"| {one.name} | {memory} | {counts} |")
    return "\n".join([*lines, "", f"![Memory, threads and files over time]({CURVES})"]) + "\n"


def draw(samples: Sequence[UsageSample], title: str) -> Figure:
    """Return a figure of what each process used over time."""
    figure = Figure(figsize=(11.0, 9.0), layout="constrained", facecolor="white")
    axes = figure.subplots(len(_QUANTITIES), 1, sharex=True)
    figure.suptitle(title, x=0.01, ha="left", fontsize=13, color=INK, fontweight="bold")
    names = list(dict.fromkeys(one.name for one in samples))
    for one, (attribute, label) in zip(axes, _QUANTITIES, strict=True):
        for name, hue in zip(names, HUES * len(names), strict=False):
            own = [sample for sample in samples if sample.name == name]
            minutes = [sample.time / 60.0 for sample in own]
            values = [getattr(sample.usage, attribute) for sample in own]
            one.plot(minutes, values, color=hue, linewidth=1.2, label=name)
        one.set_ylim(bottom=0.0)
        one.set_ylabel(label, fontsize=9, color=INK)
        plain(one)
    entries = axes[0].get_legend_handles_labels()
    figure.legend(*entries, loc="outside lower center", ncols=4, fontsize=8, frameon=False)
    axes[-1].set_xlabel("time [min]", fontsize=9, color=INK)
    return figure
