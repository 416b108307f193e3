# SPDX-License-Identifier: Apache-2.0
"""Ablation: one training for each combination of backbone, loss and use of features."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from x2c_training.errors import SettingsError, TrainingError
from x2c_training.evaluation.metrics import Errors
from x2c_training.settings import LOSSES, TrainingSettings

TABLE = "ablation.csv"
PAGE = "ablation.md"
PLOT = "ablation.png"

FEATURES: Mapping[str, tuple[float, float]] = {
    "none": (0.0, 0.0),
    "matching": (1.0, 0.0),
    "adaptation": (0.0, 5e-4),
}
"""Weights of feature matching and feature adaptation in the papers, by name."""

_COLUMNS = ("backbone", "loss", "features")
_COLOURS = {"rendered": "#4c78a8", "transferred": "#f58518"}


@dataclass(frozen=True)
class AblationCase:
    """One training of an ablation.

    Attributes:
        backbone: Name of the backbone.
        loss: Kind of error of the values.
        features: Use of features, one of `FEATURES`.
    """

    backbone: str
    loss: str
    features: str

    @property
    def name(self) -> str:
        """Name of the training's folder."""
        return "_".join((self.backbone, self.loss, self.features))

    def settings(self, common: TrainingSettings) -> TrainingSettings:
        """Return the settings of the training.

        Args:
            common: Settings that all trainings share.

        Raises:
            SettingsError: There is no such backbone.
        """
        matching, adaptation = FEATURES[self.features]
        loss = replace(
            common.loss, kind=self.loss, feature_matching=matching, feature_adaptation=adaptation
        )
        return replace(common, network=replace(common.network, backbone=self.backbone), loss=loss)


def ablation_cases(
    backbones: Sequence[str], losses: Sequence[str], features: Sequence[str]
) -> list[AblationCase]:
    """Return all combinations.

    Raises:
        SettingsError: A loss or a use of features is unknown, or nothing is left.
    """
    for given, known, what in ((losses, LOSSES, "loss"), (features, FEATURES, "features")):
        for name in given:
            if name not in known:
                raise SettingsError(f"{what}: expected one of {', '.join(known)}, got {name!r}")
    cases = [AblationCase(*names) for names in product(backbones, losses, features)]
    if not cases:
        raise SettingsError("expected at least one backbone, one loss and one use of features")
    return list(dict.fromkeys(cases))


def part_of(cases: Sequence[AblationCase], part: str) -> list[AblationCase]:
    """Return every n-th case, so that several machines share the work.

    Args:
        cases: All cases.
        part: Number of the part and of all parts, such as "1/4".

    Raises:
        SettingsError: The part is written otherwise.
    """
    number, _, parts = part.partition("/")
    valid = number.isascii() and number.isdigit() and parts.isascii() and parts.isdigit()
    if not valid or not 1 <= int(number) <= int(parts):
        raise SettingsError(f"part: expected such as 1/4, got {part!r}")
    return list(cases[int(number) - 1 :: int(parts)])


def write_ablation(folder: Path, found: Mapping[AblationCase, Mapping[str, Errors]]) -> None:
    """Write the table as CSV and Markdown, and the plot.

    Args:
        folder: Folder to write to.
        found: Errors on the test split by kind of images, of each training.

    Raises:
        TrainingError: A file cannot be written.
    """
    kinds = [kind for kind in _COLOURS if any(kind in errors for errors in found.values())]
    heading = [*_COLUMNS, *(f"{kind} {measure}" for kind in kinds for measure in ("MAE", "MSE"))]
    rows = [heading]
    for case, errors in found.items():
        row = [case.backbone, case.loss, case.features]
        for kind in kinds:
            one = errors.get(kind)
            row += ["", ""] if one is None else [f"{one.mae:.4f}", f"{one.mse:.4f}"]
        rows.append(row)
    try:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows)
        (folder / TABLE).write_text(text.getvalue(), encoding="utf-8")
        lines = [f"| {' | '.join(row)} |" for row in rows]
        lines.insert(1, f"|{'---|' * len(heading)}")
        (folder / PAGE).write_text("\n".join(["# Ablation", "", *lines, ""]), encoding="utf-8")
        _plot(folder / PLOT, found, kinds)
    except OSError as error:
        raise TrainingError(f"cannot write to {folder}: {error.strerror or error}") from error


def _plot(
    path: Path, found: Mapping[AblationCase, Mapping[str, Errors]], kinds: Sequence[str]
) -> None:
    figure = Figure(figsize=(9.0, 1.2 + 0.3 * len(found)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    labels = [f"{case.backbone}, {case.loss}, {case.features}" for case in found]
    high = 0.8 / max(len(kinds), 1)
    for number, kind in enumerate(kinds):
        places = [row + high * number for row in range(len(found))]
        values = [errors[kind].mae if kind in errors else 0.0 for errors in found.values()]
        axes.barh(places, values, high, label=f"{kind} images", color=_COLOURS[kind])
    axes.set_yticks([row + high * (len(kinds) - 1) / 2 for row in range(len(found))], labels)
    axes.invert_yaxis()
    axes.set_xlabel("mean absolute error on the test split")
    if kinds:
        axes.legend(loc="lower right")
    figure.savefig(path, dpi=100, metadata={"Software": None})
