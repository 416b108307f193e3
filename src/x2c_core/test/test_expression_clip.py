# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from x2c_core.control_space import controls
from x2c_core.control_space.regions import region_mask
from x2c_core.face.frames import NO_TRACK, ControlFrame, ControlState
from x2c_core.sources.expression_clip import ClipTiming, ExpressionClip
from x2c_core.sources.expression_source import ExpressionSource
from x2c_core.sources.source import SourceError

JAW = controls.index("Jaw Pitch")
MASK = region_mask(["mouth"])


class Ramp(ExpressionSource):
    """The jaw goes from 0 to 1 in the course of 4 s."""

    name = "ramp"
    duration = 4.0

    def at(self, time):
        values = controls.from_names({"Jaw Pitch": float(np.clip(time / 4.0, 0.0, 1.0))})
        return ControlFrame(values, 1.0, ControlState.TRACKING, NO_TRACK)


def jaw(clip, time):
    return clip.at(time).values[JAW]


def test_clip_is_trimmed_and_played_at_its_speed():
    clip = ExpressionClip(Ramp(), MASK, ClipTiming(start=1.0, end=3.0, speed=2.0))
    assert clip.duration == 1.0
    assert jaw(clip, 0.0) == pytest.approx(0.25)
    assert jaw(clip, 0.5) == pytest.approx(0.5)
    assert jaw(clip, 1.0) == pytest.approx(0.75)
    assert clip.at(1.01) is None


def test_mask_is_blended_in_and_out():
    clip = ExpressionClip(Ramp(), MASK, ClipTiming(blend_in=1.0, blend_out=2.0))
    masks = [clip.at(time).mask[JAW] for time in (0.0, 0.5, 1.0, 2.0, 3.0, 4.0)]
    assert masks == pytest.approx([0.0, 0.5, 1.0, 1.0, 0.5, 0.0])
    assert clip.at(2.0).mask == pytest.approx(MASK)


def test_loop_passes_from_its_end_to_its_beginning_without_a_snap():
    clip = ExpressionClip(Ramp(), MASK, ClipTiming(loop=True, blend_out=1.0))
    assert clip.duration is None
    step = 0.01
    values = [jaw(clip, time) for time in np.arange(0.0, 20.0, step)]
    # The blend goes back by 0.75 in 1 s; its steepest part is 1.5 times that.
    assert np.abs(np.diff(values)).max() <= step * 1.5
    assert max(values) > 0.7
    assert min(values[1000:]) < 0.25


def test_loop_shorter_than_its_blend_is_played():
    clip = ExpressionClip(Ramp(), MASK, ClipTiming(end=0.2, loop=True, blend_out=5.0))
    assert 0.0 <= jaw(clip, 100.0) <= 0.05


@pytest.mark.parametrize(
    ("timing", "reason"),
    [
        (ClipTiming(start=4.0), "nothing to play of ramp"),
        (ClipTiming(start=2.0, end=1.0), "begin at 2 s and end at 1 s"),
        (ClipTiming(end=9.0), "ramp ends at 4 s; it has no 9 s"),
    ],
)
def test_part_that_is_not_there_is_refused(timing, reason):
    with pytest.raises(SourceError, match=reason):
        ExpressionClip(Ramp(), MASK, timing)
