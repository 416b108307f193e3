# SPDX-License-Identifier: Apache-2.0
"""Tracking in a process of its own: both ends of it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice

from threadpoolctl import threadpool_limits

from x2c_bags.frames.frame_source import FrameSource, SourceFacts
from x2c_core.errors import X2CError
from x2c_core.face.frames import Face
from x2c_core.files.issues import Issues
from x2c_evaluation.offline.sources.choice import open_frames
from x2c_evaluation.offline.tracking.tracking_process import TrackingProcess
from x2c_evaluation.pipeline.neutral_source import NeutralSource
from x2c_evaluation.pipeline.offline_pipeline import TrackingThread, ahead
from x2c_evaluation.pipeline.tracked_frames import FrameTracking, Tracked, TrackingWish
from x2c_evaluation.pipeline.turns import TURN

_AT_ONCE = 8
"""Frames that come in one message."""

_WAITING, _CROPS_WAITING = 256, 32
"""Most frames that wait here, 24 KB each, and if each has an image of the face, 220 KB."""


@dataclass(frozen=True)
class RemoteRecording:
    """A recording for another process to open.

    Attributes:
        text: Its path, or "NAME:TEXT" with a camera source.
        topic: Topic of the frames; empty for the only one there is.
        neutral: Origin of the neutral face.
    """

    text: str
    topic: str
    neutral: NeutralSource


@dataclass(frozen=True)
class _End:
    """Facts that are known after the last frame."""

    rotation: int
    recognised_rotation: str
    facts: SourceFacts
    issues: Issues


class RemoteTracking(FrameTracking):
    """Another process decodes and tracks.

    Args:
        process: The process; it can do this once.
        recording: Recording that it opens.
        source: The same recording, opened here: is told what was found while reading.
        wish: Settings of tracking, and what is wanted of it.
    """

    def __init__(
        self,
        process: TrackingProcess,
        recording: RemoteRecording,
        source: FrameSource,
        wish: TrackingWish,
    ) -> None:
        self._pool, self._source = process.pool, source
        self._most = _CROPS_WAITING if wish.with_crops else _WAITING
        self._begun = self._pool.submit(_begin, recording, wish)

    def neutral(self) -> Face | None:
        """Return the neutral face; see the base class.

        Raises:
            WorkerError: The process has died, or could not be started.
        """
        return self._begun.result()

    def frames(self) -> Iterator[Tracked]:
        """Yield all frames; see the base class.

        Raises:
            WorkerError: The process has died, or could not be started.
        """
        with closing(ahead(self._received(), self._most)) as every:  # type: ignore[type-var]
            yield from every

    def close(self) -> None:
        """Do nothing: the process ends with its owner."""

    def _received(self) -> Iterator[Tracked]:
        end = None
        while end is None:
            some, end = self._pool.submit(_next).result()
            yield from some
        self.rotation, self.recognised_rotation = end.rotation, end.recognised_rotation
        self._source.take_over(end.facts, end.issues)


class _Work:
    """Recording that the other process has in work."""

    def __init__(self, recording: RemoteRecording, wish: TrackingWish) -> None:
        self._source = open_frames(recording.text, recording.topic, recording.neutral)
        self._tracking = TrackingThread(self._source, wish)
        self._frames = self._tracking.frames()
        self.neutral = self._tracking.neutral()

    def some(self) -> tuple[list[Tracked], _End | None]:
        """Return the next frames, and what is known at the end."""
        found = [_portable(one) for one in islice(self._frames, _AT_ONCE)]
        if len(found) == _AT_ONCE:
            return found, None
        tracking, source = self._tracking, self._source
        tracking.close()
        rotation = tracking.rotation, tracking.recognised_rotation
        return found, _End(*rotation, source.facts, source.issues)


_works: list[_Work] = []


def _begin(recording: RemoteRecording, wish: TrackingWish) -> Face | None:
    # As in the process that imitates: sums are rounded alike, and threads take short turns.
    threadpool_limits(limits=1, user_api="blas")
    sys.setswitchinterval(TURN)
    _works[:] = [_Work(recording, wish)]
    return _works[0].neutral


def _next() -> tuple[list[Tracked], _End | None]:
    return _works[0].some()


def _portable(tracked: Tracked) -> Tracked:
    frame, seen = tracked
    # Errors of other packages may not arrive as they were.
    return frame, X2CError(str(seen)) if isinstance(seen, X2CError) else seen
