# SPDX-License-Identifier: Apache-2.0
"""Fidelity of a recording: the virtual face imitates it, and the tracker watches both."""

from __future__ import annotations

from x2c_bags.frames.frame_source import FrameSource
from x2c_core.errors import X2CError
from x2c_core.files.issues import Issues
from x2c_core.robot.robot import Robot
from x2c_core.sources.camera_source import IMAGE_RATE
from x2c_evaluation.fidelity.clip import perform
from x2c_evaluation.fidelity.measure import mean, measure
from x2c_evaluation.offline.results.result import DescriptorFidelity, FidelityFigures
from x2c_evaluation.pipeline.even_images import even_images
from x2c_evaluation.pipeline.frame_curves import FrameCurves
from x2c_evaluation.pipeline.offline_pipeline import ahead
from x2c_evaluation.pipeline.settings import EvaluationSettings


def fidelity_figures(
    source: FrameSource,
    curves: FrameCurves,
    robot: Robot,
    settings: EvaluationSettings,
    issues: Issues,
) -> FidelityFigures | None:
    """Return how the robot's face follows the person's, or None where it cannot be measured.

    Args:
        source: Source of frames with images, which are shown at an even rate.
        curves: Curves of the same frames.
        robot: Robot that imitates; one with other joints is shown by the virtual face.
        settings: Settings of the pipeline.
        issues: Takes why it cannot be measured.
    """
    period = curves.period or 1.0 / IMAGE_RATE
    images = (
        (frame.stamp, frame.image)
        for frame in ahead(source.frames())
        if frame.image is not None and not frame.is_neutral
    )
    try:
        performance = perform(even_images(images, period), period, robot, settings)
    except X2CError as error:
        issues.add(f"fidelity cannot be measured: {error}")
        return None
    clip = measure("", performance)
    each = [one.agreement for one in clip.measured.values()]
    lag = mean(one.lag for one in each)
    absolute = None if clip.absolute is None else clip.absolute.mean
    return FidelityFigures(
        mean_r=clip.mean_r,
        mean_lag_ms=None if lag is None else lag * 1e3,
        mean_amplitude=mean(one.amplitude for one in each),
        descriptors_compared=len(each),
        frames_followed=performance.following,
        robot_faces=performance.robot_faces,
        descriptors={
            name.value: DescriptorFidelity(
                r=one.agreement.r,
                lag_ms=one.agreement.lag * 1e3,
                amplitude=one.agreement.amplitude,
                limit=one.limit.value,
            )
            for name, one in clip.measured.items()
        },
        left_out={name.value: reason for name, reason in clip.left_out.items()},
        error=None if absolute is None else absolute.robot,
        error_at_rest=None if absolute is None else absolute.at_rest,
        error_late=None if absolute is None else absolute.late,
        profile_r=None if clip.absolute is None else clip.absolute.profile_r,
        first_follow_s=performance.first_follow,
    )
