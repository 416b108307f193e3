# SPDX-License-Identifier: Apache-2.0
"""A robot speaks while it imitates: the mouth is the speech's, all else the person's."""

import numpy as np
import pytest

from x2c_core.control_space import controls
from x2c_core.control_space.layers import ControlLayer
from x2c_core.control_space.regions import REGIONS
from x2c_imitation.face_mixer.face_mixer import FaceMixer
from x2c_imitation.face_mixer.source_settings import declared_sources
from x2c_sources.imitated_person import ImitatedPerson
from x2c_sources.speech.audio_mouth import RATE
from x2c_sources.speech.mouth_shapes import MouthShape, mouth_layer
from x2c_sources.speech.prosody.gesture_layer import gesture_layer
from x2c_sources.speech.prosody.gesture_motion import GestureMotion
from x2c_sources.speech.prosody.gestures import gestures_of


def speech(seconds=20.0):
    """Return sound whose pitch and loudness have accents."""
    time = np.arange(int(seconds * RATE)) / RATE
    accents = np.clip(np.sin(2.0 * np.pi * 0.7 * time), 0.0, 1.0) ** 4
    phase = 2.0 * np.pi * np.cumsum(120.0 * 2.0 ** (6.0 * accents / 12.0)) / RATE
    tones = sum(np.sin(k * phase) / k for k in range(1, 12))
    return 0.04 * (0.3 + accents) * tones


def faces(seconds=20.0, rate=60.0):
    """Return control values like those of a lively person, and their times [s]."""
    times = np.arange(0.0, seconds, 1.0 / rate)
    random = np.random.default_rng(5)
    values = np.tile(controls.NEUTRAL, (len(times), 1))
    for index in (i for name in ("brows", "gaze", "head", "mouth") for i in REGIONS[name]):
        way = 0.2 * (controls.MAXIMUM - controls.MINIMUM)[index]
        phases, speeds = random.uniform(0.0, 6.0, 4), random.uniform(0.5, 6.0, 4)
        waves = np.sin(np.outer(times, speeds) + phases).sum(axis=1) / 4.0
        values[:, index] += way * waves
    return np.clip(values, controls.MINIMUM, controls.MAXIMUM), times


@pytest.mark.parametrize(("share", "least"), [(0.0, 0.9999), (0.2, 0.99)])
def test_speech_leaves_an_imitated_person_brows_eyes_and_head(share, least):
    values, times = faces()
    amounts, at = gestures_of(speech())
    mixer, person, motion = FaceMixer(), ImitatedPerson(), GestureMotion()
    for name, settings in declared_sources("").items():
        mixer.declare(name, settings)
    mixed = []
    for face, time in zip(values, times, strict=True):
        person.see(time)
        person.pass_to(time)
        mixer.take_imitation(face, time)
        mixer.take("speech", mouth_layer(MouthShape(opening=0.5).amounts), time)
        size = person.alone + (1.0 - person.alone) * share
        wanted = size * np.array([np.interp(time, at, one) for one in amounts.T])
        gestures = motion.follow(time, wanted)
        layer = ControlLayer.nothing() if gestures is None else gesture_layer(gestures)
        mixer.take("speech_gestures", layer, time)
        mixed.append(mixer.mix(time))
    mixed = np.array(mixed)[120:]
    for name in ("brows", "gaze", "head"):
        for index in REGIONS[name]:
            r = np.corrcoef(mixed[:, index], values[120:, index])[0, 1]
            assert r >= least, (controls.NAMES[index], r)
    # And the mouth is the speech's.
    jaw = controls.index("Jaw Pitch")
    assert np.ptp(mixed[60:, jaw]) < 1e-6
