# SPDX-License-Identifier: Apache-2.0
"""Brows and head of a speaker, from the prosody of the sound."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from x2c_core.control_space import controls
from x2c_core.control_space.layers import LayerMode
from x2c_core.control_space.regions import REGIONS
from x2c_sources.speech.audio_mouth import HOP, RATE
from x2c_sources.speech.prosody.gesture_layer import gesture_layer
from x2c_sources.speech.prosody.gesture_motion import GestureMotion
from x2c_sources.speech.prosody.gestures import LAG, SpeechGestures, gestures_of
from x2c_sources.speech.prosody.pitch import PitchTracker

PITCH = controls.index("Head Pitch")
STEP = HOP / RATE


def voice(pitch, loudness):
    """Return the sound of a voice whose pitch [Hz] and loudness change over time, (n,) each."""
    phase = 2.0 * np.pi * np.cumsum(pitch) / RATE
    tones = sum(np.sin(k * phase) / k for k in range(1, 12))
    noise = np.random.default_rng(3).normal(size=len(phase))
    return 0.1 * loudness * tones + 1e-4 * noise


def sentence(seconds=4.0, accent=2.5, rise=5.0, gain=4.0):
    """Return a sentence with one accent, higher by semitones and louder by a factor."""
    time = np.arange(int(seconds * RATE)) / RATE
    shape = np.exp(-(((time - accent) / 0.12) ** 2))
    syllables = 0.35 + 0.25 * np.sin(2.0 * np.pi * 4.0 * time)
    spoken = (time > 0.3) & (time < seconds - 0.7)
    loudness = spoken * syllables * (1.0 + (gain - 1.0) * shape)
    return voice(120.0 * 2.0 ** (rise * shape / 12.0), loudness)


@pytest.mark.parametrize("pitch", [90.0, 120.0, 210.0, 330.0])
def test_pitch_of_voices_is_found(pitch):
    found, levels = PitchTracker().feed(voice(np.full(RATE, pitch), np.ones(RATE)))
    assert np.nanmedian(found[10:]) == pytest.approx(pitch, rel=0.02)
    assert np.isnan(found[10:]).mean() < 0.1
    assert levels[50] == pytest.approx(-21.0, abs=1.0)


def test_noise_and_silence_have_no_pitch():
    noise = np.random.default_rng(1).normal(size=RATE) * 0.1
    found, _ = PitchTracker().feed(np.concatenate([noise, np.zeros(RATE)]))
    assert np.isnan(found).mean() > 0.9
    assert SpeechGestures().feed(np.zeros(RATE)).max() == 0.0


def test_sound_in_pieces_gives_the_same_gestures_as_in_one():
    sound = sentence()
    whole = SpeechGestures().feed(sound)
    pieces = SpeechGestures()
    parts = np.split(sound, [1, 7, 300, 301, 5000, 11111])
    assert np.concatenate([pieces.feed(part) for part in parts]) == pytest.approx(whole)


def test_an_accent_raises_the_brows_and_nods_at_its_time():
    amounts, times = gestures_of(sentence(accent=2.5))
    before = (times > 1.5) & (times < 2.2)
    at = (times > 2.3) & (times < 2.8)
    for kind in (0, 1):
        assert amounts[at, kind].max() > 0.5
        assert amounts[before, kind].mean() < 0.4 * amounts[at, kind].max()
    peak = times[at][amounts[at, 1].argmax()]
    assert peak == pytest.approx(2.5, abs=0.12)


def test_a_phrase_ends_with_a_nod():
    amounts, times = gestures_of(sentence(seconds=4.0, rise=0.0, gain=1.0))
    after = (times > 3.35) & (times < 4.2)
    assert amounts[after, 1].max() > 0.4
    assert amounts[times > 4.8].max() < 0.05


def test_gestures_lag_behind_live_sound_by_no_more_than_is_said():
    live = SpeechGestures().feed(sentence(accent=2.5))
    peak = (live[200:300, 1].argmax() + 201) * STEP
    assert 0.0 < peak - 2.5 <= LAG + 0.12


@given(st.lists(st.floats(0.0, 5.0), min_size=2, max_size=2))
def test_gestures_are_offsets_of_brows_and_head_alone(amounts):
    layer = gesture_layer(np.array(amounts))
    assert layer.mode is LayerMode.ADD
    moved = set(np.flatnonzero(layer.values))
    assert moved <= {PITCH, *REGIONS["brows"]}
    assert np.degrees(layer.values[PITCH]) <= 6.0 + 1e-9
    assert (layer.values >= 0.0).all()


def test_gestures_begin_change_and_end_without_a_snap():
    motion, found = GestureMotion(), []
    for time in np.arange(0.0, 2.0, 0.01):
        wanted = np.ones(2) if 0.5 < time < 1.0 else None
        found.append(motion.follow(time, wanted))
    assert found[0] is None
    assert found[-1] is None
    amounts = np.array([np.zeros(2) if one is None else one for one in found])
    assert amounts.max() == 1.0
    assert np.abs(np.diff(amounts, axis=0)).max() <= 6.0 * 0.01 + 1e-9
