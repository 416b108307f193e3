# SPDX-License-Identifier: Apache-2.0
"""The figures of all clips together, and all of them as JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from x2c_core.face.descriptors import Descriptor
from x2c_evaluation.fidelity.absolute_error import AbsoluteError
from x2c_evaluation.fidelity.judge.verdict import Verdict, judgement_json, verdict
from x2c_evaluation.fidelity.measure import Clip, Link, MeasuredDescriptor, mean
from x2c_evaluation.fidelity.measures.agreement import LONGEST_LAG, Agreement
from x2c_evaluation.fidelity.measures.baselines import (
    ALLOWED_LAG,
    BesideBaselines,
    mean_of,
    profile_correlation,
)
from x2c_evaluation.fidelity.measures.floors import FLOORS
from x2c_evaluation.fidelity.measures.people import UNITS


@dataclass(frozen=True)
class Overall:
    """One descriptor over all clips in which the person moves it.

    Attributes:
        r: Mean correlation.
        lag: Mean lag [s].
        amplitude: Mean ratio of amplitudes.
        clips: Number of clips in which it was compared.
        links: Mean correlation across each link.
        limit: The link that is the weakest in most clips.
    """

    r: float
    lag: float
    amplitude: float
    clips: int
    links: Mapping[Link, float | None]
    limit: Link


@dataclass(frozen=True)
class FidelitySummary:
    """All clips.

    Attributes:
        robot: Name of the robot.
        backend: Imitation backend.
        calibration: Time at which the person's neutral face was found.
        clips: Measurements on people.
        failed: Clips on which nothing could be, and why.
        ceiling: Measurements on the robot itself; not part of any mean.
        controls_moved: Number of controls that move a joint of the robot, where the virtual face
            shows a robot with other joints; None where it shows the robot itself.
    """

    robot: str
    backend: str
    calibration: str
    clips: Sequence[Clip]
    failed: Mapping[str, str]
    ceiling: Clip | None = None
    controls_moved: int | None = None

    @property
    def every(self) -> tuple[Clip, ...]:
        """All clips, that of the robot itself included."""
        return (*self.clips, *((self.ceiling,) if self.ceiling is not None else ()))

    @property
    def mean_r(self) -> float | None:
        """Mean correlation over descriptors and clips."""
        return mean(one.agreement.r for clip in self.clips for one in clip.measured.values())

    @property
    def mean_lag(self) -> float | None:
        """Mean lag over descriptors and clips [s]."""
        return mean(one.agreement.lag for clip in self.clips for one in clip.measured.values())

    @property
    def mean_amplitude(self) -> float | None:
        """Mean ratio of amplitudes over descriptors and clips."""
        found = (one.agreement.amplitude for c in self.clips for one in c.measured.values())
        return mean(found)

    @property
    def mean_error(self) -> BesideBaselines | None:
        """Mean absolute error over facial descriptors and clips."""
        each = [clip.absolute.mean for clip in self.clips if clip.absolute is not None]
        return mean_of(each) if each else None

    @property
    def score(self) -> float | None:
        """Imitation score [%]: 0 of a robot that never moves, 100 of one without an error."""
        error = self.mean_error
        if error is None or error.share_of_rest is None:
            return None
        return 100.0 * (1.0 - error.share_of_rest)

    @property
    def mean_profile_r(self) -> float | None:
        """Mean over the clips of the correlation of person's and robot's profile."""
        found = (clip.absolute.profile_r for clip in self.clips if clip.absolute is not None)
        return mean(r for r in found if r is not None)

    @property
    def profile_r_of_others(self) -> float | None:
        """Likewise of the robot's profile in one clip and the person's in each other one."""
        each = [clip.absolute for clip in self.clips if clip.absolute is not None]
        found = (
            profile_correlation(one.person, other.robot)
            for one in each
            for other in each
            if one is not other
        )
        return mean(r for r in found if r is not None)

    @property
    def verdict(self) -> Verdict | None:
        """Means of the judge's comparisons; None without a judge."""
        return verdict([(c.judgement, c.label) for c in self.clips if c.judgement is not None])

    @property
    def followed_share(self) -> float:
        """Share of all images with a person's face in which the robot followed."""
        faces = sum(clip.performance.faces for clip in self.clips)
        return sum(clip.performance.followed_faces for clip in self.clips) / max(faces, 1)

    @property
    def first_follow(self) -> float | None:
        """Median time from the first image with a face to the first followed [s].

        A clip in which the robot never follows is the longest; None if most are that.
        """
        times = [clip.performance.first_follow for clip in self.clips]
        median = float(np.median([np.inf if one is None else one for one in times] or [np.inf]))
        return median if np.isfinite(median) else None

    @property
    def never_followed(self) -> int:
        """Number of clips in which the robot never follows."""
        return sum(clip.performance.first_follow is None for clip in self.clips)

    def overall(self) -> dict[Descriptor, Overall]:
        """Return each descriptor's means over the clips, where there is any."""
        found: dict[Descriptor, Overall] = {}
        for descriptor in Descriptor:
            each = [c.measured[descriptor] for c in self.clips if descriptor in c.measured]
            if each:
                found[descriptor] = _overall(each)
        return found

    def as_json(self) -> str:
        """Return everything as strict JSON."""
        return json.dumps(self._content(), indent=2, allow_nan=False)

    def _content(self) -> dict[str, Any]:
        return {
            "robot": self.robot,
            "backend": self.backend,
            "calibration": self.calibration,
            "longest_lag_s": LONGEST_LAG,
            "noise_floors": dict(zip(Descriptor, FLOORS.tolist(), strict=True)),
            "controls_moved": self.controls_moved,
            "score": self.score,
            "mean_r": self.mean_r,
            "mean_lag_s": self.mean_lag,
            "mean_amplitude": self.mean_amplitude,
            "faces_followed_share": self.followed_share,
            "median_first_follow_s": self.first_follow,
            "clips_never_followed": self.never_followed,
            "absolute_error": {
                "units": dict(zip(Descriptor, UNITS.tolist(), strict=True)),
                "lag_s": ALLOWED_LAG,
                **_mean_errors(self.mean_error),
                "profile_r": self.mean_profile_r,
                "profile_r_of_others": self.profile_r_of_others,
            },
            "judge": None if (found := self.verdict) is None else found.as_json(),
            "descriptors": {
                descriptor: {
                    "r": one.r,
                    "lag_s": one.lag,
                    "amplitude": one.amplitude,
                    "clips": one.clips,
                    "links": dict(one.links),
                    "limit": one.limit,
                }
                for descriptor, one in self.overall().items()
            },
            "clips": {clip.name: _clip(clip) for clip in self.clips},
            "ceiling": None if self.ceiling is None else _clip(self.ceiling),
            "failed": dict(self.failed),
        }


def _overall(each: Sequence[MeasuredDescriptor]) -> Overall:
    return Overall(
        r=float(np.mean([one.agreement.r for one in each])),
        lag=float(np.mean([one.agreement.lag for one in each])),
        amplitude=float(np.mean([one.agreement.amplitude for one in each])),
        clips=len(each),
        links={
            link: mean(r for one in each if (r := one.links[link]) is not None) for link in Link
        },
        limit=Counter(one.limit for one in each).most_common(1)[0][0],
    )


def _clip(clip: Clip) -> dict[str, Any]:
    performance = clip.performance
    return {
        "mean_r": clip.mean_r,
        "frames": performance.frames,
        "rate_hz": 1.0 / performance.period,
        "faces": performance.faces,
        "robot_faces": performance.robot_faces,
        "frames_followed": performance.following,
        "faces_followed": performance.followed_faces,
        "first_follow_s": performance.first_follow,
        "frames_with_open_eyes": int(performance.eyes_open.sum()),
        "descriptors": {
            descriptor: {**_agreement(one.agreement), "links": dict(one.links), "limit": one.limit}
            for descriptor, one in clip.measured.items()
        },
        "left_out": dict(clip.left_out),
        "left_minus_right": {name: _agreement(one) for name, one in clip.sides.items()},
        "left_minus_right_left_out": dict(clip.sides_left_out),
        "absolute_error": None if clip.absolute is None else _absolute(clip.absolute),
        "label": clip.label,
        "judge": None if clip.judgement is None else judgement_json(clip.judgement),
    }


def _agreement(one: Agreement) -> dict[str, float | int]:
    return {"r": one.r, "lag_s": one.lag, "amplitude": one.amplitude, "samples": one.pairs}


def _absolute(absolute: AbsoluteError) -> dict[str, Any]:
    names = list(Descriptor)
    return {
        **_mean_errors(absolute.mean),
        "profile_r": absolute.profile_r,
        "person_profile": dict(zip(names, absolute.person.tolist(), strict=False)),
        "robot_profile": dict(zip(names, absolute.robot.tolist(), strict=False)),
        "descriptors": {name: _errors(one) for name, one in absolute.descriptors.items()},
    }


def _mean_errors(mean: BesideBaselines | None) -> dict[str, float | None]:
    if mean is None:
        return dict.fromkeys(("error", "at_rest", "late", "share_of_rest"))
    return {**_errors(mean), "share_of_rest": mean.share_of_rest}


def _errors(one: BesideBaselines) -> dict[str, float]:
    return {"error": one.robot, "at_rest": one.at_rest, "late": one.late}
