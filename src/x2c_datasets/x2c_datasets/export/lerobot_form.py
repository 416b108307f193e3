# SPDX-License-Identifier: Apache-2.0
"""Export pairs of bags as a LeRobotDataset."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av.error

from x2c_bags.reading.bag_reader import BagReader
from x2c_datasets.errors import ExportError
from x2c_datasets.export.frames import Episodes, JointTrack, rate_of
from x2c_datasets.export.image_size import fits, fitting
from x2c_datasets.export.lerobot_features import ACTION, COMMANDS, STATE, Features
from x2c_datasets.export.lerobot_writer import LeRobotWriter
from x2c_datasets.export.outcome import Advance, ExportOutcome, nothing_to_export
from x2c_datasets.export.pairs import BagPair, BagPairs, Pairing

_LONGEST_GAP = 0.25
_LONGEST_EPISODE = 9000
_SHORTEST_EPISODE = 0.5
_LOOKED_AT = 200


@dataclass(frozen=True)
class LeRobotExport:
    """Choice of what to export.

    Attributes:
        bags: Paths of the bags.
        topic: Topic of the images; empty for the only camera of each bag.
        pairing: Rules for pairing an image with control values.
        robot: Name of the robot.
        task: Description of the task.
        rate: Frames a second; 0 for that of the camera.
    """

    bags: tuple[str, ...]
    topic: str
    pairing: Pairing
    robot: str = "virtual"
    task: str = "Imitate the facial expression of the person in front of the camera."
    rate: int = 0


def export_lerobot(export: LeRobotExport, folder: Path, advance: Advance) -> ExportOutcome:
    """Write the pairs of bags as a data set; the folder appears when it is whole.

    Args:
        export: Choice of what to export.
        folder: Folder to write to; it must be empty or missing.
        advance: Called with progress, in images.

    Raises:
        ExportError: The folder holds something, or cannot be written, or there are no pairs.
        BagError: A bag cannot be read, or has no images or no control values.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ExportError(f"{folder} holds something already: choose another folder")
    sources = [
        (Path(bag).name, BagPairs(BagReader(Path(bag)), export.topic, export.pairing))
        for bag in export.bags
    ]
    coming = folder.with_name(f"{folder.name}.partial")
    try:
        # Of an earlier run that was stopped.
        shutil.rmtree(coming, ignore_errors=True)
        coming.mkdir(parents=True)
        try:
            outcome = _write(export, sources, coming, advance)
            if folder.exists():
                folder.rmdir()
            coming.rename(folder)
        finally:
            shutil.rmtree(coming, ignore_errors=True)
    except (OSError, av.error.FFmpegError) as error:
        raise ExportError(f"cannot write to {folder}: {error}") from error
    return outcome


def _write(
    export: LeRobotExport, sources: list[tuple[str, BagPairs]], folder: Path, advance: Advance
) -> ExportOutcome:
    features = _features(export, sources)
    outcome = ExportOutcome()
    writer = LeRobotWriter(folder, features, export.robot, export.task)
    shortest = max(2, round(_SHORTEST_EPISODE * features.rate))
    with closing(writer):
        for name, source in sources:
            tracks = _tracks(source, features)
            cutter = Episodes(features.rate, _LONGEST_GAP, shortest, _LONGEST_EPISODE)
            for pair in cutter.frames(_telling(source, advance)):
                vectors = None if pair is None else _vectors(pair, tracks)
                if pair is None or vectors is None:
                    # Frames of an episode follow each other.
                    writer.end_episode()
                    outcome.left_out[f"{name}: no joint states or commands near"] += bool(pair)
                    continue
                size = (features.width, features.height)
                outcome.resized += not fits(pair.image, *size)
                writer.add(fitting(pair.image, *size), vectors)
            short = f"{name}: in an episode shorter than {_SHORTEST_EPISODE:g} s"
            outcome.left_out[short] += cutter.too_short
            outcome.note(name, source)
        outcome.left_out = +outcome.left_out
        outcome.pairs, outcome.clips = writer.frames, writer.episodes
        if not outcome.pairs:
            raise nothing_to_export(outcome.left_out)
        writer.finish()
    return outcome


def _features(export: LeRobotExport, sources: list[tuple[str, BagPairs]]) -> Features:
    """Look at the first pairs: all episodes are of one size and rate."""
    shapes: list[tuple[int, ...]] = []
    stamps: list[int] = []
    for _, source in sources:
        for pair in source.pairs():
            if pair is not None:
                shapes.append(pair.image.shape)
                stamps.append(pair.stamp)
            if len(stamps) >= _LOOKED_AT:
                break
        if stamps:
            break
    else:
        raise nothing_to_export(sum((one.left_out for _, one in sources), Counter()))
    height, width = shapes[0][:2]
    if min(height, width) < 2:
        raise ExportError(f"images of {width}x{height} pixels make no video")
    names = []
    for pick in ("joint_states", "commands"):
        tracks = [JointTrack.of(*getattr(source, pick)) for _, source in sources]
        given = {track.names if track else () for track in tracks}
        # What not every bag has, none of the data set's frames has.
        names.append(given.pop() if len(given) == 1 else ())
    return Features(
        width=width - width % 2,
        height=height - height % 2,
        rate=export.rate or rate_of(stamps),
        state=names[0],
        commands=names[1],
    )


def _tracks(source: BagPairs, features: Features) -> dict[str, JointTrack]:
    tracks: dict[str, JointTrack] = {}
    for name, wanted, given in (
        (STATE, features.state, source.joint_states),
        (COMMANDS, features.commands, source.commands),
    ):
        track = JointTrack.of(*given) if wanted else None
        if track is not None:
            tracks[name] = track
    return tracks


def _vectors(pair: BagPair, tracks: dict[str, JointTrack]) -> dict[str, Any] | None:
    vectors: dict[str, Any] = {ACTION: pair.values}
    for name, track in tracks.items():
        positions = track.at(pair.stamp)
        if positions is None:
            return None
        vectors[name] = positions
    return vectors


def _telling(source: BagPairs, advance: Advance) -> Iterator[BagPair | None]:
    for pair in source.pairs():
        advance(1)
        yield pair
