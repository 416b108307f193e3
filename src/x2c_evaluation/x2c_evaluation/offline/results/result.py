# SPDX-License-Identifier: Apache-2.0
"""Results of evaluation, as they are kept in JSON files: a field is an entry of the same name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

from x2c_core.files.issues import Issue
from x2c_core.files.records import from_json, to_json
from x2c_evaluation.offline.results.layout import FORMAT
from x2c_evaluation.pipeline.settings import ChosenSettings
from x2c_evaluation.run_report.latency import Percentiles


@dataclass(frozen=True)
class SourceFigures:
    """Recording that was evaluated.

    Attributes:
        name: Name of the file or folder.
        kind: "bag", "video", "images" or "data set"; empty if it could not be opened.
        topic: Topic of the frames; empty for none.
        form: Message type, or kind of file.
        encodings: Number of frames by encoding.
        sizes: Number of frames by width x height.
        storage: Names of the files read.
    """

    name: str
    kind: str = ""
    topic: str = ""
    form: str = ""
    encodings: Mapping[str, int] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)
    storage: tuple[str, ...] = ()


@dataclass(frozen=True)
class FrameFigures:
    """Counts of frames and their stamps; `gaps` counts steps of about two periods and more."""

    frames: int
    usable: int
    unusable: int
    duration_s: float
    rate_hz: float | None
    stamps_backwards: int
    stamps_repeated: int
    gaps: int
    longest_gap_s: float | None


@dataclass(frozen=True)
class TrackingFigures:
    """Detection of the face: `face_share` of all frames, percentiles over frames with a face.

    `rotation` is the clockwise turn by which the images are upright [deg].
    """

    faces: int
    face_share: float | None
    losses: int
    longest_loss_s: float
    persons: int
    confidence_p5: float | None
    confidence_p50: float | None
    eye_distance_px_p5: float | None
    eye_distance_px_p50: float | None
    followed: int
    neutral_known_after_s: float | None
    rotation: int = 0


@dataclass(frozen=True)
class ErrorFigures:
    """Control error against a reference, on values scaled to [-1, 1].

    Attributes:
        source: Name of the reference.
        matched_by: Method of matching frames and reference.
        mean: Mean over frames and controls.
        p95: 95th percentile over frames.
        largest: Largest of a frame.
        frames: Number of frames compared.
        gaze_masked: Number of frames of these without gaze.
        groups: Mean by group of controls.
        controls: Mean by control; None where none could be compared.
    """

    source: str
    matched_by: str
    mean: float
    p95: float
    largest: float
    frames: int
    gaze_masked: int
    groups: Mapping[str, float | None]
    controls: Mapping[str, float | None]


@dataclass(frozen=True)
class SmoothnessFigures:
    """Steadiness of control values scaled from upstream's ranges to [-1, 1].

    Attributes:
        still_time_s: Time for which the person's face was still [s].
        jitter: Root mean square about a straight line meanwhile; None if it was never still.
        jitter_groups: Jitter by group of controls.
        jerk: Root mean square of the third derivative [1/s^3]; None if too little is followed.
        jerk_groups: Jerk by group of controls.
    """

    still_time_s: float
    jitter: float | None
    jitter_groups: Mapping[str, float]
    jerk: float | None
    jerk_groups: Mapping[str, float]


@dataclass(frozen=True)
class LimitFigures:
    """Frames in which a limit was reached, by control or joint, and as shares of all frames."""

    controls_out_of_range: Mapping[str, int]
    controls_at_end_of_range: Mapping[str, int]
    joints_past_limit: Mapping[str, int]
    joints_asked_too_fast: Mapping[str, int]
    clamped_share: float
    too_fast_share: float


@dataclass(frozen=True)
class RunFigures:
    """Run in which a bag was recorded.

    Attributes:
        latency_ms: Distribution of latency by stage.
        drops: Dropped frames by step.
        rates_hz: Messages per second by topic.
        messages: Number of messages by topic.
        complaints: Warnings and errors of the nodes.
    """

    latency_ms: Mapping[str, Percentiles]
    drops: Mapping[str, int]
    rates_hz: Mapping[str, float | None]
    messages: Mapping[str, int]
    complaints: tuple[str, ...]


@dataclass(frozen=True)
class DescriptorFidelity:
    """Agreement of person and robot in one descriptor, and the link that limits it."""

    r: float
    lag_ms: float
    amplitude: float
    limit: str


@dataclass(frozen=True)
class FidelityFigures:
    """Agreement of the virtual face's motion and expression with the person's.

    Attributes:
        error: Absolute error of the facial descriptors, in units of how much people vary.
        error_at_rest: Absolute error of a robot that never moves.
        error_late: Absolute error of the same robot half the recording late.
        profile_r: Correlation of the mean expressions of person and robot.
        first_follow_s: Time from the first face to the first image in which the robot follows.
    """

    mean_r: float | None
    mean_lag_ms: float | None
    mean_amplitude: float | None
    descriptors_compared: int
    frames_followed: int
    robot_faces: int
    descriptors: Mapping[str, DescriptorFidelity]
    left_out: Mapping[str, str]
    error: float | None = None
    error_at_rest: float | None = None
    error_late: float | None = None
    profile_r: float | None = None
    first_follow_s: float | None = None


@dataclass(frozen=True)
class KeyFrameFigures:
    """One of the frames that matter most.

    Attributes:
        frame: Index of the frame in the recording.
        time_s: Time since the beginning [s].
        error: Control error, scaled; None if nothing is compared.
        reference: Name of what it is an error against; empty for nothing.
        worst: (name, own value, value of the reference) of the controls that are farthest off.
        images: File names by content: "person", "robot", "reference".
        clip: File name of the video of the seconds around it; empty for none.
    """

    frame: int
    time_s: float
    error: float | None
    reference: str
    worst: tuple[tuple[str, float | None, float | None], ...]
    images: Mapping[str, str]
    clip: str = ""


@dataclass(frozen=True)
class Figures:
    """All figures of a recording that was evaluated.

    Attributes:
        frames: Counts of frames.
        tracking: Detection of the face.
        errors: Control errors by reference; None where no frame could be compared.
        smoothness: Steadiness of control values.
        limits: Limits that were reached.
        recorded: Run in which the bag was recorded; None for other recordings.
        fidelity: Agreement of robot and person; None if it was not measured.
        states: (begin [s], end [s], face state, control state) of each stretch of frames.
        moments: Frames that matter most.
    """

    frames: FrameFigures
    tracking: TrackingFigures
    errors: Mapping[str, ErrorFigures | None]
    smoothness: SmoothnessFigures
    limits: LimitFigures
    recorded: RunFigures | None
    fidelity: FidelityFigures | None
    states: tuple[tuple[float, float, int, int], ...]
    moments: tuple[KeyFrameFigures, ...]


@dataclass(frozen=True)
class RecordingResult:
    """Result of one recording.

    Attributes:
        name: Name of the recording, unlike all others of an evaluation.
        source: Description of the recording.
        settings: With what it was evaluated.
        figures: All figures; None if it could not be opened.
        failed: Reason why it could not be evaluated; empty if it was.
        issues: Data that could not be read, and notes.
    """

    name: str
    source: SourceFigures
    settings: ChosenSettings
    figures: Figures | None = None
    failed: str = ""
    issues: tuple[Issue, ...] = ()

    @property
    def lost(self) -> bool:
        """True if some data could not be read."""
        return any(one.loss for one in self.issues)

    def to_json(self) -> dict[str, Any]:
        """Return the content of a result's JSON file."""
        source = to_json(self.source) if self.source.kind else {"name": self.source.name}
        return {
            "format": FORMAT,
            "name": self.name,
            "source": source,
            "settings": to_json(self.settings),
            **({} if self.figures is None else to_json(self.figures)),
            "failed": self.failed,
            "issues": to_json(self.issues),
        }

    @classmethod
    def from_json(
        cls, content: Any, settings: ChosenSettings | None = None, name: str = "result"
    ) -> Self:
        """Return the result in a JSON file.

        Args:
            content: Content of the file, or an entry of report.json.
            settings: Settings if the content has none, as in report.json.
            name: Name of the content for messages.

        Raises:
            ValueError: An entry is missing or of another type; the text says which one.
        """
        if not isinstance(content, Mapping):
            raise ValueError(f"{name} is no entries")
        own = {key: one for key, one in content.items() if key != "figures"}
        if any(one.name in own for one in fields(Figures)):
            own["figures"] = {key: _with_names_of_today(key, one) for key, one in own.items()}
        if settings is not None:
            own["settings"] = to_json(settings)
        return from_json(cls, own, name)


def _with_names_of_today(key: str, value: Any) -> Any:
    """Return an entry as it is written now; `images` had another name until version 0.2.0."""
    if key != "moments" or not isinstance(value, list):
        return value
    return [
        {"images" if name == "pictures" else name: content for name, content in one.items()}
        if isinstance(one, dict)
        else one
        for one in value
    ]


@dataclass(frozen=True)
class EvaluationReport:
    """Results of all recordings of an evaluation: the content of report.json.

    Attributes:
        settings: Settings of all recordings.
        versions: Versions of software by name.
        summary: Metrics over all recordings.
        recordings: Results by recording.
        metrics: Metrics of each recording, by its name.
    """

    settings: ChosenSettings
    versions: Mapping[str, Any]
    summary: Mapping[str, float | None]
    recordings: tuple[RecordingResult, ...]
    metrics: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the content of report.json."""
        recordings = []
        for one in self.recordings:
            content = one.to_json()
            del content["name"], content["settings"]
            metrics = to_json(self.metrics.get(one.name, {}))
            recordings.append({"name": one.name, "metrics": metrics, **content})
        return {
            "format": FORMAT,
            "settings": to_json(self.settings),
            "versions": to_json(self.versions),
            "summary": to_json(self.summary),
            "recordings": recordings,
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """Return the report in a JSON file.

        Raises:
            ValueError: An entry is missing or of another type; the text says which one.
        """
        whole = {key: one for key, one in content.items() if key not in ("recordings", "metrics")}
        report = from_json(cls, {**whole, "recordings": []}, "report")
        every = content.get("recordings")
        if not isinstance(every, list):
            raise ValueError("report.recordings is no list")
        found = tuple(
            RecordingResult.from_json(one, report.settings, f"report.recordings[{at}]")
            for at, one in enumerate(every)
        )
        return cls(report.settings, report.versions, report.summary, found)
