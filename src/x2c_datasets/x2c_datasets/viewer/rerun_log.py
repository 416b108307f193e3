# SPDX-License-Identifier: Apache-2.0
"""Messages of the pipeline, logged to Rerun."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import rerun as rr

from x2c_bags.frames.bag_images import image_in
from x2c_core.arrays import Array
from x2c_core.control_space import controls
from x2c_core.face.topology import COUNT
from x2c_datasets.viewer import rerun_layout as layout
from x2c_datasets.viewer.urdf_tree import UrdfJoint, UrdfTree

TIME = "time"
_STATES = (
    *("", "disabled", "ramping", "active", "holding", "easing", "halting", "stopped", "fault"),
)
_LEVELS = ("OK", "WARN", "ERROR", "STALE")
_LIMITS = ("controls_clamped", "positions_clamped", "coupling_limited", "late_ticks")
_RADIUS = 0.9
"""Size of a landmark [px]."""

_MAGIC = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG": "image/png"}


@dataclass(frozen=True)
class Pace:
    """Amount of curves and poses, and how many are logged together.

    Attributes:
        rows: Number of control values that are logged together.
        poses: Number of poses of a joint that are logged together.
        period: Shortest time between two poses of a joint [ns].
        still: Motion of a joint that is too small to be logged [rad or m].
    """

    rows: int
    poses: int
    period: int
    still: float


FILE = Pace(rows=150, poses=150, period=33_000_000, still=0.0)
"""Single rows take much more room in a file."""

LIVE = Pace(rows=10, poses=1, period=100_000_000, still=2e-3)
"""Few rows, for a viewer that shows them at once; poses at 30 Hz would take a fifth of a core."""


class RerunLog:
    """Log messages to a file or a viewer, each at its stamp.

    Args:
        recording: Recording to log to.
        pace: Amount of curves and poses.

    Attributes:
        left_out: Messages that cannot be shown, by reason.
        missing: Files of meshes that are not there.
    """

    def __init__(self, recording: rr.RecordingStream, pace: Pace = FILE) -> None:
        self._recording = recording
        self._pace = pace
        self._tree: UrdfTree | None = None
        self._rested = False
        self._now: int | None = None
        self._values: list[tuple[int, Array]] = []
        self._poses: dict[UrdfJoint, list[tuple[int, float]]] = {}
        self._last: dict[UrdfJoint, tuple[int, float]] = {}
        self._said: dict[str, str] = {}
        self._counts: dict[str, int] = {}
        self.left_out: Counter[str] = Counter()
        self.missing: list[str] = []
        for control in controls.CONTROLS:
            entity = layout.control_entity(control)
            self._log(entity, rr.SeriesLine(name=control.name), static=True)
        self._log(layout.PERSON, rr.ViewCoordinates.RDF, static=True)
        # The viewer looks forward, so it would see the back of a head whose x is forward.
        self._log(layout.ROBOT, rr.ViewCoordinates.BRU, static=True)

    def at(self, stamp: int) -> None:
        """Set the time of what is logged next [ns]."""
        rr.set_time_nanos(TIME, stamp, recording=self._recording)
        if self._tree is not None and not self._rested:
            self._rested = True
            self._rest(self._tree)
        self._now = stamp

    def _rest(self, tree: UrdfTree) -> None:
        """Log the poses of all links at rest, until joints are measured."""
        for joint in tree.joints:
            translation, rotation = joint.at(0.0)
            pose = rr.Transform3D(translation=translation, mat3x3=rotation)
            self._log(self._link(tree, joint), pose)

    def robot_model(self, tree: UrdfTree) -> None:
        """Log the meshes of a robot, whose links then follow its joints."""
        self._tree = tree
        for link, visuals in tree.visuals.items():
            for visual in visuals:
                if not visual.mesh.is_file():
                    self.missing.append(visual.mesh.name)
                    continue
                colour = [round(255 * one) for one in visual.colour]
                self._log(
                    f"{layout.ROBOT}/{tree.paths[link]}/{visual.name}",
                    rr.Asset3D(path=visual.mesh, albedo_factor=colour),
                    static=True,
                )

    def joints(self, names: Sequence[str], positions: Sequence[float]) -> None:
        """Take the positions of those joints that the model has [rad or m]."""
        if self._tree is None or self._now is None:
            return
        known = dict(zip(names, positions, strict=False))
        for joint in self._tree.joints:
            position = known.get(joint.name)
            if position is None or not np.isfinite(position):
                continue
            # Servos answer more often than any display shows.
            if (last := self._last.get(joint)) is not None:
                soon = 0 <= self._now - last[0] < self._pace.period
                if soon or abs(position - last[1]) < self._pace.still:
                    continue
            self._last[joint] = (self._now, float(position))
            poses = self._poses.setdefault(joint, [])
            poses.append(self._last[joint])
            if len(poses) >= self._pace.poses:
                self._send_poses(self._tree, joint)

    def finish(self) -> None:
        """Log what is left of curves and poses."""
        self._send_values()
        if self._tree is None:
            return
        for joint in self._tree.joints:
            self._send_poses(self._tree, joint)

    def _send_values(self) -> None:
        """Log the curves in columns."""
        if not self._values:
            return
        times, rows = zip(*self._values, strict=True)
        self._values.clear()
        table = np.array(rows)
        for control in controls.CONTROLS:
            columns = rr.Scalar.columns(scalar=table[:, control.index])
            self._send(layout.control_entity(control), times, columns)

    def _send_poses(self, tree: UrdfTree, joint: UrdfJoint) -> None:
        poses = self._poses.pop(joint, [])
        if not poses:
            return
        times, positions = zip(*poses, strict=True)
        translations, rotations = zip(*map(joint.at, positions), strict=True)
        columns = rr.Transform3D.columns(
            translation=np.array(translations), mat3x3=np.array(rotations)
        )
        self._send(self._link(tree, joint), times, columns)

    def _send(self, entity: str, times: Sequence[int], columns: Any) -> None:
        index = rr.TimeNanosColumn(TIME, times)
        rr.send_columns(entity, [index], columns, recording=self._recording, strict=True)

    @staticmethod
    def _link(tree: UrdfTree, joint: UrdfJoint) -> str:
        """Return the entity of the link that a joint moves."""
        return f"{layout.ROBOT}/{tree.paths[joint.child]}"

    def image(self, entity: str, message: Any) -> None:
        """Log a compressed image; one that is neither JPEG nor PNG is made a JPEG."""
        data = bytes(message.data)
        media_type = next((kind for magic, kind in _MAGIC.items() if data.startswith(magic)), "")
        if not media_type:
            data = cv2.imencode(".jpg", image_in(message, compressed=True))[1].tobytes()
            media_type = "image/jpeg"
        self._log(entity, rr.EncodedImage(contents=data, media_type=media_type))

    def face(self, message: Any) -> None:
        """Log the landmarks (478, 3) [px] in the image and in space, or that there are none."""
        points = np.asarray(message.landmarks, dtype=np.float64).reshape(COUNT, 3)
        if message.state != 1:
            for entity in (layout.LANDMARKS_2D, layout.LANDMARKS_3D):
                self._log(entity, rr.Clear(recursive=False))
            return
        if not np.isfinite(points).all():
            self.left_out["landmarks that are no numbers"] += 1
            return
        centred = points - points.mean(axis=0)
        self._log(layout.LANDMARKS_2D, rr.Points2D(points[:, :2], radii=_RADIUS))
        self._log(layout.LANDMARKS_3D, rr.Points3D(centred, radii=_RADIUS))

    def values(self, values: Sequence[float]) -> None:
        """Take the control values (30,) [ratio or rad]."""
        numbers = np.asarray(values, dtype=np.float64)
        if numbers.shape != (controls.COUNT,) or not np.isfinite(numbers).all():
            self.left_out["control values that are no numbers"] += 1
            return
        self._values.append((self._now or 0, numbers))
        if len(self._values) >= self._pace.rows:
            self._send_values()

    def state(self, message: Any) -> None:
        """Log actuation's state when it changes, and each limit when it was met."""
        known = message.state < len(_STATES)
        name = _STATES[message.state] if known else f"unknown state {message.state}"
        level = "ERROR" if name in ("stopped", "fault") else "INFO"
        self._say(layout.STATE, "state", f"{name}: {message.reason}", level)
        for limit in _LIMITS:
            count = int(getattr(message, limit, 0))
            more = count - self._counts.get(limit, 0)
            if more > 0 and limit in self._counts:
                text = f"{limit.replace('_', ' ')}: {more} more, {count} in all"
                self._log(layout.LIMITS, rr.TextLog(text, level="WARN"))
            self._counts[limit] = count

    def diagnostics(self, message: Any) -> None:
        """Log what nodes say of themselves when it changes."""
        for status in message.status:
            number = status.level if isinstance(status.level, int) else status.level[0]
            level = _LEVELS[number] if number < len(_LEVELS) else "WARN"
            text = f"{status.name}: {status.message}"
            self._say(layout.DIAGNOSTICS, status.name, text, "INFO" if level == "OK" else level)

    def _say(self, entity: str, key: str, text: str, level: str) -> None:
        if self._said.get(key) != text:
            self._said[key] = text
            self._log(entity, rr.TextLog(text, level=level))

    def _log(self, entity: str, archetype: Any, *, static: bool = False) -> None:
        # Without `strict` an error would be a warning, and the message lost.
        rr.log(entity, archetype, static=static, recording=self._recording, strict=True)


def open_recording(path: Path) -> rr.RecordingStream:
    """Return a recording that is written to a file, with its layout."""
    recording = rr.new_recording("x2c")
    recording.save(path, default_blueprint=layout.layout())
    return recording
