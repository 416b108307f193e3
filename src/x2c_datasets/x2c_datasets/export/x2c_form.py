# SPDX-License-Identifier: Apache-2.0
"""Export pairs of bags in the form of an X2C-Sim data set: an image folder with Parquet."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import count
from pathlib import Path

import cv2
import numpy as np

from x2c_bags.reading.bag_reader import BagReader
from x2c_core.arrays import Array
from x2c_core.control_space import controls
from x2c_core.words import counted
from x2c_datasets.animation.animation import Animation
from x2c_datasets.collect.shot import Shot
from x2c_datasets.collect.store import OpenFolder
from x2c_datasets.errors import CollectError, ExportError
from x2c_datasets.export.clips import clips
from x2c_datasets.export.outcome import Advance, ExportOutcome, nothing_to_export
from x2c_datasets.export.pairs import BagPair, BagPairs, Pairing
from x2c_datasets.formats import layout

_LONGEST_GAP = 1.0
_LONGEST_CLIP = 150
_QUALITY = 95
_KIND = "bag"
_NONE = np.empty((0, 0, 3), np.uint8)


@dataclass(frozen=True)
class X2CExport:
    """Choice of what to export.

    Attributes:
        bags: Paths of the bags.
        topic: Topic of the images; empty for the only camera of each bag.
        pairing: Rules for pairing an image with control values.
    """

    bags: tuple[str, ...]
    topic: str
    pairing: Pairing

    def to_json(self) -> str:
        """Return what decides the data set's content, as JSON."""
        content = {
            "format": 1,
            "made_by": "x2c export",
            "topic": self.topic,
            **asdict(self.pairing),
            "bags": [{"name": Path(bag).name, "content": _mark(Path(bag))} for bag in self.bags],
        }
        return json.dumps(content, indent=2) + "\n"


def export_x2c(export: X2CExport, folder: Path, advance: Advance) -> ExportOutcome:
    """Write the pairs of bags as a data set; a run that was stopped is completed.

    Each clip of pairs that follow each other is an animation of the data set, and is in one split
    only: neighbouring images are alike.

    Args:
        export: Choice of what to export.
        folder: Folder to write to.
        advance: Called with progress, in images.

    Raises:
        ExportError: The folder holds something else or cannot be written, or there are no pairs.
        BagError: A bag cannot be read, or has no images or no control values.
    """
    outcome = ExportOutcome()
    sources = [
        (Path(bag).name, BagPairs(BagReader(Path(bag)), export.topic, export.pairing))
        for bag in export.bags
    ]
    try:
        with OpenFolder(folder, export) as opened:
            done = opened.store.done() if not opened.complete else None
            numbers = count()
            values = []
            for name, source in sources:
                pairs = _advancing(source, advance)
                for clip in clips(pairs, _LONGEST_GAP, _LONGEST_CLIP):
                    index = next(numbers)
                    outcome.clips += 1
                    outcome.pairs += len(clip)
                    values.append(np.array([pair.values for pair in clip]))
                    if done is not None and index not in done:
                        animation = _animation(index, name, clip)
                        shots = [Shot(place, pair.jpeg) for place, pair in enumerate(clip)]
                        opened.store.write(animation, shots)
                outcome.note(name, source)
            if not outcome.pairs:
                raise nothing_to_export(outcome.left_out)
            if done is not None:
                opened.store.finish()
                _write_card(folder, export, outcome, np.concatenate(values))
                opened.close_complete()
    except CollectError as error:
        raise ExportError(str(error)) from error
    except OSError as error:
        raise ExportError(
            f"cannot write to {folder}: {error.strerror or error}; what is there stays, and the "
            "same command goes on"
        ) from error
    return outcome


def _advancing(source: BagPairs, advance: Advance) -> Iterator[BagPair | None]:
    for pair in source.pairs():
        advance(1)
        # A whole clip of images would take a lot of memory; of JPEG files it does not.
        yield None if pair is None else replace(pair, image=_NONE, jpeg=_jpeg(pair))


def _animation(index: int, bag: str, clip: Sequence[BagPair]) -> Animation:
    times = np.array([pair.stamp - clip[0].stamp for pair in clip]) * 1e-9
    values = np.array([pair.values for pair in clip])
    inside = np.clip(values, controls.MINIMUM, controls.MAXIMUM)
    return Animation(index, f"{_KIND}: {bag} at {clip[0].stamp}", times, inside)


def _jpeg(pair: BagPair) -> bytes:
    if pair.jpeg:
        return pair.jpeg
    return cv2.imencode(".jpg", pair.image, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1].tobytes()


def _mark(bag: Path) -> str:
    """Return a fingerprint of a bag: sizes and names of its files."""
    files = sorted(bag.rglob("*")) if bag.is_dir() else [bag]
    listed = [f"{one.name} {one.stat().st_size}" for one in files if one.is_file()]
    return hashlib.sha256("\n".join(listed).encode(errors="surrogateescape")).hexdigest()[:16]


def _write_card(folder: Path, export: X2CExport, outcome: ExportOutcome, values: Array) -> None:
    pairs = {
        split: sum(1 for _ in (folder / split).rglob("*.jpg"))
        for split in layout.SPLITS
        if (folder / split).is_dir()
    }
    rows = "\n".join(f"| {split} | {number} |" for split, number in pairs.items() if number)
    left = "\n".join(
        f"- {reason}: {counted(number, 'image')}" for reason, number in outcome.left_out.items()
    )
    spread = "\n".join(
        f"| {name} | {low:.3f} | {middle:.3f} | {high:.3f} |"
        for name, low, middle, high in zip(
            controls.NAMES, *np.quantile(values, [0.01, 0.5, 0.99], axis=0), strict=True
        )
    )
    pairing = export.pairing
    files = "".join(
        f"      - split: {'validation' if split == 'val' else split}\n        path: {split}/**\n"
        for split, number in pairs.items()
        if number
    )
    (folder / layout.CARD).write_text(
        f"""---
tags: [facial-expression, humanoid, control-values]
configs:
  - config_name: default
    data_files:
{files}---
# Pairs of {counted(len(export.bags), "bag")}

{counted(outcome.pairs, "image")} with the 30 control values of X2C, by name in
`metadata.parquet`; angles in **radians**. {counted(outcome.clips, "clip")} of at most
{_LONGEST_CLIP} images that follow each other; a clip is in one split only.

An image belongs to the control values whose stamp is nearest to its own less
{pairing.delay:g} s, at most {pairing.tolerance:g} s apart; values that follow no person
{"are used too" if pairing.any_state else "are left out"}.

| split | pairs |
|---|---|
{rows}

Left out:

{left or "- nothing"}

| control | 1 % | median | 99 % |
|---|---|---|---|
{spread}
""",
        encoding="utf-8",
    )
