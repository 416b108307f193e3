# SPDX-License-Identifier: Apache-2.0
"""Fits an expression model to a data set, and tries it on animations it was not fitted to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from x2c_core.errors import X2CError
from x2c_core.face.expression_model import ExpressionModel
from x2c_core.face.head_pose import fit_head_pose
from x2c_core.words import counted
from x2c_datasets.errors import FitError
from x2c_datasets.fit.expression_fit import (
    FEWEST,
    Explained,
    FitSample,
    explain,
    fit_expression_model,
)
from x2c_datasets.fit.image_tracking import track_images
from x2c_datasets.formats import DataSet, Pair, Skipped

_PEOPLE = "real_test"
"""Split of upstream's images of people: they show no robot."""

_ENOUGH = 50
"""Number of images of which a fifth and more can be held out."""

_SEEN = 0.5
"""Share of images with a face below which the tracker does not see the robot's face."""

_TRIED = 0.2
"""Share of the animations that the model is tried on, where the data set names no split."""


@dataclass(frozen=True)
class DataSetFit:
    """A fitted model and how it came about.

    Attributes:
        model: The expression model.
        explained: On what it was tried on.
        fitted: Number of images it was fitted to.
        tried: Number of images it was tested on.
        held_out: Description of the test images.
        skipped: Images that could not be used.
        notes: Notes and assumptions about the data set.
    """

    model: ExpressionModel
    explained: Explained
    fitted: int
    tried: int
    held_out: str
    skipped: Sequence[Skipped]
    notes: Sequence[str]

    def as_json(self, robot: str, data: str) -> str:
        """Return the report as strict JSON."""
        content = {
            "robot": robot,
            "data": data,
            "images_fitted": self.fitted,
            "images_tested": self.tried,
            "held_out": self.held_out,
            "explained": self.explained.share,
            "residual": self.explained.residual,
            "controls": {
                name: {"explained": share, "moved": self.explained.moved[name]}
                for name, share in self.explained.controls.items()
            },
            "notes": list(self.notes),
            "skipped": [
                {"file": str(one.file), "row": one.row, "reason": one.reason}
                for one in self.skipped
            ],
        }
        return json.dumps(content, indent=2, allow_nan=False)


def choose_pairs(data: DataSet, most: int) -> list[Pair]:
    """Return the pairs that show the robot, or so many of them, evenly spread."""
    pairs = [pair for pair in data if pair.split != _PEOPLE]
    if len(pairs) <= most:
        return pairs
    return [pairs[i] for i in np.linspace(0, len(pairs) - 1, most).round().astype(int)]


def fit_data_set(
    data: DataSet, pairs: Sequence[Pair], processes: int, progress: Callable[[int], None]
) -> DataSetFit:
    """Return the expression model of the robot that a data set shows.

    Args:
        data: The data set.
        pairs: Pairs to use.
        processes: Number of processes that track faces.
        progress: Called with the number of images tracked.

    Raises:
        FitError: Too little of the data set can be used.
    """
    samples: list[FitSample] = []
    used: list[Pair] = []
    skipped = list(data.skipped)
    for pair, found in zip(pairs, track_images(pairs, processes, progress), strict=True):
        reason = found if isinstance(found, str) else _trouble(found)
        if reason or isinstance(found, str):
            skipped.append(Skipped(pair.source, pair.row, reason))
        else:
            samples.append(FitSample(pair.values, found))
            used.append(pair)
    tried, held_out = _held_out(used)
    fitting = [sample for sample, out in zip(samples, tried, strict=True) if not out]
    trying = [sample for sample, out in zip(samples, tried, strict=True) if out]
    if len(fitting) < FEWEST or not trying:
        raise FitError(
            f"{data.folder}: {len(samples)} of {counted(len(pairs), 'image')} can be used, too "
            f"few: a fit needs {FEWEST} images and others to try it on, so collect {_ENOUGH} or "
            f"more. A good model takes 2000{advice(len(samples), len(pairs))}{_first(skipped)}"
        )
    model = fit_expression_model(fitting)
    return DataSetFit(
        model=model,
        explained=explain(model, trying),
        fitted=len(fitting),
        tried=len(trying),
        held_out=held_out,
        skipped=skipped,
        notes=data.notes,
    )


def _trouble(landmarks: NDArray[np.float64]) -> str:
    try:
        fit_head_pose(landmarks)
    except X2CError as error:
        return str(error)
    return ""


def _held_out(pairs: Sequence[Pair]) -> tuple[list[bool], str]:
    """Return which pairs a model is tried on, and what these are in words."""
    splits = {pair.split for pair in pairs}
    for name in ("test", "val"):
        if name in splits and splits != {name}:
            return [pair.split == name for pair in pairs], f"the split {name!r}"
    out = _drawn([pair.animation for pair in pairs])
    if any(out) and len(out) - sum(out) >= FEWEST:
        return out, "a fifth of the animations"
    # Few animations: images of one are on both sides, which is better than no model.
    return _drawn([pair.image.name for pair in pairs]), "a fifth of the images"


def _drawn(names: Sequence[str]) -> list[bool]:
    """Return which names are among the share that is held out; always the same."""
    digests = (hashlib.blake2b(name.encode(), digest_size=4).digest() for name in names)
    return [int.from_bytes(digest, "big") < _TRIED * 2**32 for digest in digests]


def advice(usable: int, images: int) -> str:
    """Return what to do where the face tracker does not see the robot's face; else nothing.

    Args:
        usable: Number of images in which a face was found.
        images: Number of images.
    """
    if usable >= _SEEN * images:
        return ""
    return (
        ". The face tracker does not see the robot's face in most images: come nearer, add light, "
        "or put skin and eyes with irises on. A face that it cannot see needs no fit: keep the "
        "shared model, the expression_model.npz of the robot 'virtual'"
    )


def _first(skipped: Sequence[Skipped]) -> str:
    return "".join(f"\n  {one}" for one in skipped[:5])
