# SPDX-License-Identifier: Apache-2.0
"""Clips, named expressions and speech are handed over no faster than they move themselves."""

from dataclasses import dataclass

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from x2c_core.control_space import controls
from x2c_core.control_space.expressions import EXPRESSIONS
from x2c_core.control_space.layers import ControlLayer
from x2c_core.control_space.regions import REGIONS, region_mask
from x2c_core.face.frames import NO_TRACK, ControlFrame, ControlState
from x2c_core.sources.expression_clip import ClipTiming, ExpressionClip
from x2c_imitation.face_mixer.face_mixer import FASTER, FaceMixer
from x2c_imitation.face_mixer.held_expression import HeldExpression
from x2c_imitation.face_mixer.source_settings import declared_sources
from x2c_sources.speech.audio_mouth import RATE
from x2c_sources.speech.mouth_shapes import mouth_layer
from x2c_sources.speech.utterance import utterance_of_samples

STEP = 0.01
SPAN = controls.MAXIMUM - controls.MINIMUM


@dataclass(frozen=True)
class Performance:
    """A recorded performance of 2 s: each control goes its own way."""

    name = "performance"
    duration = 2.0

    def at(self, time):
        return ControlFrame(motion(time, 5.0), 1.0, ControlState.TRACKING, NO_TRACK)


def motion(time, speed):
    wave = np.sin(speed * time + np.arange(controls.COUNT))
    return controls.MINIMUM + SPAN * (0.5 + 0.4 * wave)


def spoken():
    """Syllables of noise, as a mouth that opens and closes."""
    times = np.arange(RATE) / RATE
    noise = np.random.default_rng(1).normal(size=RATE)
    return utterance_of_samples(0.3 * noise * np.clip(np.sin(25.0 * times), 0.0, 1.0), RATE)


SPOKEN = spoken()


def begin(kind, draw, now):
    """Return a function of the time [s] that gives a layer, or None after the end."""
    regions = draw(st.sets(st.sampled_from(sorted(REGIONS)), min_size=1))
    if kind == "play":
        start = draw(st.floats(0.0, 1.0))
        timing = ClipTiming(
            start=start,
            end=start + draw(st.floats(0.2, 1.0)),
            speed=draw(st.floats(0.5, 2.0)),
            loop=draw(st.booleans()),
            blend_in=draw(st.floats(0.0, 0.3)),
            blend_out=draw(st.floats(0.0, 0.3)),
        )
        clip = ExpressionClip(Performance(), region_mask(dict.fromkeys(regions, 1.0)), timing)
        return lambda time: clip.at(time - now)
    if kind == "express":
        name = draw(st.sampled_from(sorted(EXPRESSIONS)))
        seconds, share = draw(st.floats(0.05, 1.0)), draw(st.floats(0.0, 1.0))
        return HeldExpression.named(name, share, seconds, ",".join(regions), now).layer_at
    offset = draw(st.floats(0.0, 0.5))
    return lambda time: (
        mouth_layer(SPOKEN.mouth(time - now + offset))
        if time - now + offset < SPOKEN.duration
        else None
    )


@settings(max_examples=25)
@given(st.data())
def test_no_control_is_faster_than_its_sources_while_it_is_handed_over(data):
    mixer = FaceMixer()
    for name, declared in declared_sources("").items():
        mixer.declare(name, declared)
    playing, newest, before, now = {}, {}, None, 5.0
    changes = data.draw(
        st.lists(
            st.tuples(st.integers(0, 119), st.sampled_from(["play", "express", "speech"])),
            min_size=1,
            max_size=6,
        )
    )
    own = None
    for step in range(150):
        now += STEP
        for _, kind in (one for one in changes if one[0] == step):
            # A second time it is interrupted: another begins in its place.
            playing[kind] = begin(kind, data.draw, now)
        person = motion(now, 2.0)
        fastest = np.zeros(controls.COUNT) if own is None else np.abs(person - own)
        own = person
        mixer.take_imitation(person, now)
        for kind, layer_at in list(playing.items()):
            layer = layer_at(now)
            if layer is None:
                del playing[kind]
                layer = ControlLayer.nothing()
            else:
                change = np.abs(layer.values - newest.get(kind, layer.values))
                fastest = np.maximum(fastest, change)
                newest[kind] = layer.values
            mixer.take(kind, layer, now)
        face = mixer.mix(now)
        if before is not None:
            resting = mixer.timing.handover_speed * STEP * SPAN
            assert (np.abs(face - before) <= np.maximum(FASTER * fastest, resting) + 1e-9).all()
        before = face
