# SPDX-License-Identifier: Apache-2.0
"""Collect a data set from a robot over its topics."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from x2c_core.robot.robot import Robot
from x2c_core.words import counted
from x2c_datasets.animation.animation import make_animation
from x2c_datasets.collect.capture_session import CaptureSession
from x2c_datasets.collect.outcome import Advance, CollectOutcome, complete, unwritable
from x2c_datasets.collect.progress import duration_text
from x2c_datasets.collect.rests import Rests, expected_duration
from x2c_datasets.collect.robot_link import RobotLink
from x2c_datasets.collect.store import OpenFolder
from x2c_datasets.collection_settings import CollectionSettings

_LISTED = 5

_RESTS = Rests()

_UNSTAMPED = (
    "the camera gives no stamps, so the time at which an image arrives was taken: if images show "
    "the pose before, hold poses longer (--settle)"
)


def collect_recorded(
    robot: Robot,
    settings: CollectionSettings,
    folder: Path,
    advance: Advance,
    commands: str = "joint_commands",
    namespace: str = "",
    rests: Rests = _RESTS,
    say: Callable[[str], None] = lambda text: None,
) -> CollectOutcome:
    """Play what is missing in a folder on a robot and complete it.

    Args:
        robot: Robot to move.
        settings: Settings of the data set; they define when an image belongs to a pose.
        folder: Folder to write to; animations of an earlier run are kept.
        advance: Called with progress, first about what was there before.
        commands: Topic of joint commands.
        namespace: Namespace of all topics.
        rests: Rests of the robot.
        say: Takes a sentence for the user: how long it takes, and each rest.

    Raises:
        CollectError: The folder holds something else, the disk is full, the robot or its camera
            is not there.
    """
    with OpenFolder(folder, settings) as opened:
        if opened.complete:
            advance(settings.samples)
            return CollectOutcome(settings.samples, settings.samples)
        done = opened.store.done()
        found = sum(settings.frames_of(index) for index in done)
        advance(found)
        missed: list[str] = []
        warnings: tuple[str, ...] = ()
        try:
            with closing(RobotLink(robot, settings.camera, commands, namespace)) as link:
                missing = [index for index in range(settings.animations) if index not in done]
                if missing:
                    seconds = expected_duration(robot, settings, missing, rests)
                    say(_announced(settings.samples - found, seconds))
                    capture = CaptureSession(robot, link, settings, rests, say)
                    _play(capture, settings, opened, missing, advance)
                    missed = capture.missed
                    warnings = _warnings(missed, link.unstamped)
            complete(opened, settings)
        except OSError as error:
            raise unwritable(error, opened.store, settings) from error
    return CollectOutcome(settings.samples - len(missed), found, warnings)


def _play(
    session: CaptureSession,
    settings: CollectionSettings,
    opened: OpenFolder,
    missing: list[int],
    advance: Advance,
) -> None:
    with session as capture:
        for index in missing:
            animation = make_animation(settings.seed, index, settings.frames)
            shots = capture.shoot(animation, settings.frames_of(index))
            opened.store.write(animation, shots)
            advance(settings.frames_of(index))
            capture.rest_if_due()


def _announced(poses: int, seconds: float) -> str:
    return (
        f"{counted(poses, 'pose takes', 'poses take')} about {duration_text(seconds)}. Ctrl-C "
        "brings the face to neutral and ends; the same command then goes on."
    )


def _warnings(missed: list[str], unstamped: bool) -> tuple[str, ...]:
    warnings = (_UNSTAMPED,) if unstamped else ()
    if not missed:
        return warnings
    more = f"; and {len(missed) - _LISTED} more" if len(missed) > _LISTED else ""
    listed = "; ".join(missed[:_LISTED])
    no_image = counted(len(missed), "pose has no image and was", "poses have no image and were")
    return (*warnings, f"{no_image} left out: {listed}{more}")
